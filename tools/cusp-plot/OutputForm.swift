import ArgumentParser
import Plots

/// How a figure is written.
enum OutputForm: String, CaseIterable, ExpressibleByArgument {
  case svg
  case vegaLite = "vega-lite"
  case text
  case png
  case pdf
  case kitty
  case sixel

  /// Whether it is drawn by librsvg.
  var isDrawn: Bool { [.png, .pdf, .kitty, .sixel].contains(self) }

  /// By the ending of a file's name.
  init?(ending path: String) {
    switch path.split(separator: ".").last?.lowercased() {
    case "svg": self = .svg
    case "png": self = .png
    case "pdf": self = .pdf
    case "json": self = .vegaLite
    default: return nil
    }
  }
}

/// `WIDTH` or `WIDTHxHEIGHT`.
struct FigureSize: ExpressibleByArgument {
  var width: Double
  var height: Double?

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let width = parts[0], let height = parts.last ?? nil,
      (100...10_000).contains(width), (50...10_000).contains(height)
    else { return nil }
    (self.width, self.height) = (Double(width), parts.count == 2 ? Double(height) : nil)
  }
}

/// The theme of an option.
enum FigureTheme: String, CaseIterable, ExpressibleByArgument {
  case screen
  case paper

  var theme: Theme { self == .screen ? .screen : .paper }
}
