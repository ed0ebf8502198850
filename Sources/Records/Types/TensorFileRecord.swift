public import Failures

/// What is in a file of tensors that is no model of this package, without its numbers.
public struct TensorFileRecord: Record {
  /// The value of `type`.
  public static let type = "tensor-file"

  /// The file as it was named.
  public var path: String
  /// Its format, as in `safetensors`.
  public var format: String
  /// The file's size in bytes.
  public var bytes: Int
  /// The architecture whose parameters the tensors are, if that was recognised.
  public var architecture: String?
  /// How many numbers all tensors hold.
  public var elements: Int
  /// The tensors in the order of the file.
  public var tensors: [Tensor]
  /// What else the file holds in places of tensors, and is not read.
  public var unread: [UnreadRecord]
  /// What else the file says; an object, or nil if it says nothing.
  public var metadata: JSON?

  /// One tensor.
  public struct Tensor: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// What its elements are, as in `float32`.
    public var element: String
    /// Its sizes; none for a single number.
    public var shape: [Int]
    /// Its numbers summed up, an object, if that was asked for.
    public var statistics: JSON?

    /// A tensor of all its parts.
    public init(name: String, element: String, shape: [Int], statistics: JSON? = nil) {
      (self.name, self.element, self.shape, self.statistics) = (name, element, shape, statistics)
    }
  }

  /// A record of all its parts.
  public init(
    path: String, format: String, bytes: Int, architecture: String?, elements: Int, tensors: [Tensor],
    unread: [UnreadRecord] = [], metadata: JSON?
  ) {
    (self.path, self.format, self.bytes, self.architecture) = (path, format, bytes, architecture)
    (self.elements, self.tensors, self.unread, self.metadata) = (elements, tensors, unread, metadata)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    path = try fields.string("path")
    format = try fields.string("format")
    bytes = try fields.integer("bytes")
    architecture = try fields.optionalString("architecture")
    elements = try fields.integer("elements")
    tensors = []
    for tensor in try fields.array("tensors") { tensors.append(try Tensor(json: tensor)) }
    unread = try fields.unread("unread")
    metadata = fields.find("metadata")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("tensor-file")
    writer.write("path", path)
    writer.write("format", format)
    writer.write("bytes", bytes)
    if let architecture { writer.write("architecture", architecture) }
    writer.write("elements", elements)
    writer.write("tensors", .array(tensors.map(\.json)))
    if !unread.isEmpty { writer.write("unread", .array(unread.map(\.json))) }
    if let metadata { writer.write("metadata", metadata) }
    writer.end()
  }
}

extension TensorFileRecord.Tensor {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "tensor-file record: tensor")
    self.init(
      name: try fields.string("name"), element: try fields.string("element"), shape: try fields.integers("shape"),
      statistics: fields.find("statistics"))
  }

  var json: JSON {
    let members: [JSON.Member] = [
      .init("name", .string(name)), .init("element", .string(element)), .init("shape", .integers(shape)),
    ]
    return .object(members + (statistics.map { [.init("statistics", $0)] } ?? []))
  }
}
