import Failures
import Plots

/// What the program draws: figures of records, the pictures of a saved set, or a model's filters.
enum PlotKind: Equatable {
  case figure(FigureKind)
  case images
  case filters

  static let names = FigureKind.allCases.map(\.rawValue) + ["images", "filters"]

  /// The kind that `text` names; the parser would list more than five choices in lines of their own.
  @Sendable static func typed(_ text: String) throws -> PlotKind {
    if text == "images" { return .images }
    if text == "filters" { return .filters }
    guard let kind = FigureKind(rawValue: text) else {
      throw Failure(.usage, "give \(names.dropLast().joined(separator: ", ")) or filters")
    }
    return .figure(kind)
  }
}
