public import Failures

/// A model file that is complete on disk, announced to the next program of a pipe.
public struct CheckpointRecord: Record {
  /// The value of `type`.
  public static let type = "checkpoint"

  /// The file's absolute path.
  public var path: String
  /// The model's digest: SHA-256, in lower-case hexadecimal, of its definition and tensors.
  public var digest: String
  /// How many epochs the model was trained; the best of them where that was kept.
  public var epoch: Int
  /// The architecture's name.
  public var architecture: String
  /// The data it was trained on, as `--data` takes it.
  public var data: String

  /// A record of all its parts.
  public init(path: String, digest: String, epoch: Int, architecture: String, data: String) {
    self.path = path
    self.digest = digest
    self.epoch = epoch
    self.architecture = architecture
    self.data = data
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    path = try fields.string("path")
    digest = try fields.string("digest")
    epoch = try fields.integer("epoch")
    architecture = try fields.string("architecture")
    data = try fields.string("data")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("checkpoint")
    writer.write("path", path)
    writer.write("digest", digest)
    writer.write("epoch", epoch)
    writer.write("architecture", architecture)
    writer.write("data", data)
    writer.end()
  }
}
