import Datasets
import Failures
import Files
import Interchange
import ToolSupport

/// The conversion of a data set into other files.
struct DataConversion {
  private let input: DatasetReference
  private let output: DatasetReference

  /// The names of the arrays in a file of images and labels.
  private static let arrays: Set = ["x", "y", "x_train", "y_train", "x_test", "y_test"]

  /// Nil if `input` is no data set but a model.
  init?(input: String, output: String) throws {
    guard try Self.isData(input) else {
      guard case .folder? = try? DatasetReference(output) else { return nil }
      throw Failure(.usage, "\(input): is no data set, so it cannot become \(output)")
    }
    self.input = try DatasetReference(input)
    self.output = try DatasetReference(output)
    if case .digits = self.output { throw Failure(.usage, "digits: are built in; name a file or mnist:DIR to write") }
  }

  func run(_ context: ToolContext) throws {
    let parts = try input.loadAll()
    try output.write(parts)
    let counts = parts.map { "\($0.count) images" + (parts.count > 1 ? " of \($0.split.rawValue)" : "") }
    context.diagnostics.note("\(input): \(counts.joined(separator: " and ")), written to \(output)")
  }

  /// Whether `text` names a data set: one with a name, or a file with arrays of images and labels.
  private static func isData(_ text: String) throws -> Bool {
    switch try? DatasetReference(text) {
    case .digits, .folder: return true
    case .npz(let path), .hdf5(let path):
      guard fileExists(at: path) else { return false }
      let file = try TensorFile(path: path)
      return !file.tensors.isEmpty && file.tensors.allSatisfy { arrays.contains($0.path) }
    case nil: return false
    }
  }
}
