import ArgumentParser
import Failures
import Files
import Plots
import Records
import ToolSupport
import VectorGraphics

/// How a figure is written.
enum OutputForm: String, CaseIterable, ExpressibleByArgument {
  case svg
  case vegaLite = "vega-lite"
  case text
  case png
  case pdf

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

/// Where a figure goes, and as what.
struct FigureTarget {
  private let path: String?
  private let form: OutputForm
  private let size: FigureSize?
  private let theme: Theme
  private let context: ToolContext
  private let isFollowing: Bool

  /// - Throws: `Failure(.usage)` for a form that has no place to go, `Failure(.noInput)` where PNG and PDF cannot be drawn.
  init(
    path: String?, form: OutputForm?, size: FigureSize?, theme: FigureTheme, isFollowing: Bool, context: ToolContext
  ) throws {
    (self.path, self.size, self.theme, self.context) = (path, size, theme.theme, context)
    self.isFollowing = isFollowing
    if let path {
      guard let ending = form ?? OutputForm(ending: path) else {
        throw Failure(.usage, "--output \(path): end the name in .svg, .png, .pdf or .json, or say which with --as")
      }
      self.form = ending
    } else {
      self.form = form ?? (context.output.isTerminal ? .text : .svg)
      if [.png, .pdf].contains(self.form) && context.output.isTerminal {
        throw Failure(.usage, "--as \(self.form.rawValue): standard output is a terminal; name a file with --output")
      }
      guard !isFollowing || (self.form == .text && context.output.isTerminal) else {
        throw Failure(.usage, "--follow: standard output is no terminal; name a file with --output")
      }
    }
    guard self.size == nil || [.svg, .png, .pdf].contains(self.form) else {
      throw Failure(.usage, "--size means nothing for \(self.form.rawValue); leave it out")
    }
    // Before any work.
    if [.png, .pdf].contains(self.form) { _ = try SVGRenderer() }
  }

  /// Writes `figure`; with `--follow` it takes the place of the one before.
  func write(_ figure: Figure, isLast: Bool) throws {
    try write(bytes(figure))
  }

  /// Writes a sheet of pictures.
  ///
  /// - Throws: `Failure(.usage)` for a form or size that pictures have not.
  func write(_ sheet: PictureSheet) throws {
    guard form != .vegaLite else {
      throw Failure(.usage, "--as vega-lite: pictures are no data; take svg, png, pdf or text")
    }
    guard size?.height == nil else { throw Failure(.usage, "--size: pictures are as high as they are; give a width") }
    guard form != .text else { return try write(Array(sheet.text.utf8)) }
    try write(bytes(sheet.svg(theme: theme, width: size?.width)))
  }

  private func write(_ bytes: [UInt8]) throws {
    if let path { return try writeFile(at: path, bytes: bytes) }
    // From the upper left corner, and what is left of the figure before is cleared.
    if isFollowing { try context.output.write("\u{1B}[H\u{1B}[J") }
    try context.output.write { $0.append(bytes) }
    try context.output.flush()
  }

  private func bytes(_ figure: Figure) throws -> [UInt8] {
    switch form {
    case .text:
      let isColoured = path == nil && context.output.isTerminal && Terminal.showsColours
      return Array(figure.text(columns: Terminal.columns, isColoured: isColoured).utf8)
    case .vegaLite: return figure.vegaLite.bytes + [0x0A]
    case .svg, .png, .pdf: return try bytes(figure.svg(theme: theme, width: size?.width, height: size?.height))
    }
  }

  /// What is drawn, as SVG, PNG or PDF.
  private func bytes(_ drawing: (document: [UInt8], width: Double, height: Double)) throws -> [UInt8] {
    let (document, width, height) = drawing
    switch form {
    case .text, .vegaLite, .svg: return document
    case .png:
      // Points are printed: 300 of them an inch.
      let scale = theme == .paper ? 300.0 / 72 : 1
      return try SVGRenderer().png(
        document, width: Int((width * scale).rounded()), height: Int((height * scale).rounded()))
    case .pdf:
      let scale = theme == .paper ? 1 : 0.75
      return try SVGRenderer().pdf(document, width: width * scale, height: height * scale)
    }
  }
}
