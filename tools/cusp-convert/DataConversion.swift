import Datasets
import Failures
import Files
import Interchange
import ToolSupport

/// The conversion of a data set into other files.
struct DataConversion {
  private let input: DatasetReference
  private let output: DatasetReference
  /// What the file holds beside arrays of images and labels.
  private let unread: [UnreadObject]

  /// The names of the arrays in a file of images and labels.
  private static let arrays: Set = ["x", "y", "x_train", "y_train", "x_test", "y_test"]

  /// Nil if `input` is no data set but a model; what is not read of one is left out only where that is asked for.
  init?(input: String, output: String, skipsUnread: Bool) throws {
    guard let unread = try Self.unread(input, skips: skipsUnread) else {
      guard case .folder? = try? DatasetReference(output) else { return nil }
      throw Failure(.usage, "\(input): is no data set, so it cannot become \(output)")
    }
    self.unread = unread
    self.input = try DatasetReference(input)
    self.output = try DatasetReference(output)
    switch self.output {
    case .canvas, .images, .image:
      throw Failure(.usage, "\(output): is only read; name the file or folder to write by itself")
    default: break
    }
    if case .digits = self.output { throw Failure(.usage, "digits: are built in; name a file or mnist:DIR to write") }
  }

  func run(_ context: ToolContext) throws {
    for path in output.outputFiles { try context.checkOutput(path, reading: input.inputFiles) }
    let parts = try input.loadAll()
    try output.write(parts)
    let counts = parts.map { "\($0.count) images" + (parts.count > 1 ? " of \($0.split.rawValue)" : "") }
    context.diagnostics.note("\(input): \(counts.joined(separator: " and ")), written to \(output)")
    for object in unread { context.diagnostics.note("\(input): left out \(object.path): \(object.reason)") }
  }

  /// What is not read of the data set that `text` names, one with a name, or a file with arrays of images and labels; nil
  /// if it names none.
  private static func unread(_ text: String, skips: Bool) throws -> [UnreadObject]? {
    switch try? DatasetReference(text) {
    case .canvas(_, let data): return try unread(data.description, skips: skips)
    case .digits, .folder, .images, .image: return []
    case .npz(let path), .hdf5(let path):
      guard fileExists(at: path) else { return nil }
      let file = try TensorFile(path: path)
      guard !file.tensors.isEmpty, file.tensors.allSatisfy({ arrays.contains($0.path) }) else { return nil }
      if !skips { try file.refuse(file.unread) }
      return file.unread
    case nil: return nil
    }
  }
}
