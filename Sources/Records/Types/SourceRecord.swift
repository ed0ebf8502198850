public import Failures

/// A public data set that can be fetched.
public struct SourceRecord: Record {
  /// The value of `type`.
  public static let type = "source"

  /// What it is called, as `--data` takes it once it is fetched.
  public var name: String
  /// What it is.
  public var title: String
  /// The address below which its publisher has the files.
  public var address: String
  /// The files' names.
  public var files: [String]
  /// How many bytes they have together.
  public var bytes: Int
  /// Where it lies; nil where it was not fetched.
  public var path: String?

  /// A record of all its parts.
  public init(name: String, title: String, address: String, files: [String], bytes: Int, path: String?) {
    (self.name, self.title, self.address) = (name, title, address)
    (self.files, self.bytes, self.path) = (files, bytes, path)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    name = try fields.string("name")
    title = try fields.string("title")
    address = try fields.string("address")
    files = try fields.strings("files")
    bytes = try fields.integer("bytes")
    path = try fields.optionalString("path")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("source")
    writer.write("name", name)
    writer.write("title", title)
    writer.write("address", address)
    writer.write("files", .strings(files))
    writer.write("bytes", bytes)
    if let path { writer.write("path", path) }
    writer.end()
  }
}
