import Failures
import Plots

/// What the program draws: figures of records, or the pictures of a saved set.
enum PlotKind: Equatable {
  case figure(FigureKind)
  case images

  static let names = FigureKind.allCases.map(\.rawValue) + ["images"]

  /// The kind that `text` names; the parser would list more than five choices in lines of their own.
  @Sendable static func typed(_ text: String) throws -> PlotKind {
    if text == "images" { return .images }
    guard let kind = FigureKind(rawValue: text) else {
      throw Failure(.usage, "give \(names.dropLast().joined(separator: ", ")) or images")
    }
    return .figure(kind)
  }
}
