public import Failures

/// How two model files differ.
public struct DifferenceRecord: Record {
  /// The value of `type`.
  public static let type = "difference"

  /// Both files as they were named.
  public var paths: Pair<String>
  /// How far apart two numbers may be and still be the same.
  public var tolerance: Double
  /// Whether nothing differs.
  public var isSame: Bool
  /// What both files say of themselves, but not alike.
  public var facts: [Fact]
  /// How many tensors both files have in one shape.
  public var compared: Int
  /// Those of them that are not the same.
  public var tensors: [Tensor]
  /// Tensors of the same name but of another shape.
  public var reshaped: [Reshaped]
  /// Names of tensors that only one of the files has.
  public var alone: Pair<[String]>
  /// What was not read of each of the files.
  public var unread: Pair<[UnreadRecord]>

  /// Something of the first file, and its counterpart of the second.
  public struct Pair<Value: Equatable & Sendable>: Equatable, Sendable {
    /// That of the first file.
    public var first: Value
    /// That of the second file.
    public var second: Value

    /// A pair.
    public init(_ first: Value, _ second: Value) { (self.first, self.second) = (first, second) }
  }

  /// One thing that the files say of themselves.
  public struct Fact: Equatable, Sendable {
    /// What it is, as in `configuration.seed`.
    public var name: String
    /// What the files say; `null` where one says nothing.
    public var values: Pair<JSON>

    /// A fact.
    public init(name: String, values: Pair<JSON>) { (self.name, self.values) = (name, values) }
  }

  /// A tensor whose numbers differ.
  public struct Tensor: Equatable, Sendable {
    /// Its dotted name.
    public var name: String
    /// Its sizes.
    public var shape: [Int]
    /// How many elements differ at all.
    public var differing: Int
    /// How many of those are not finite in one of the files.
    public var incomparable: Int
    /// The largest distance of two elements.
    public var maximum: Double
    /// The Euclidean distance over the length of the longer tensor; nil if it cannot be told.
    public var relative: Double?
    /// The cosine of the angle between both; nil if it cannot be told.
    public var cosine: Double?

    /// A tensor of all its parts.
    public init(
      name: String, shape: [Int], differing: Int, incomparable: Int, maximum: Double, relative: Double?, cosine: Double?
    ) {
      (self.name, self.shape, self.differing, self.incomparable) = (name, shape, differing, incomparable)
      (self.maximum, self.relative, self.cosine) = (maximum, relative, cosine)
    }
  }

  /// A tensor that has two shapes.
  public struct Reshaped: Equatable, Sendable {
    /// Its dotted name.
    public var name: String
    /// Its sizes in the files.
    public var shapes: Pair<[Int]>

    /// A tensor of all its parts.
    public init(name: String, shapes: Pair<[Int]>) { (self.name, self.shapes) = (name, shapes) }
  }

  /// A record of all its parts.
  public init(
    paths: Pair<String>, tolerance: Double, isSame: Bool, facts: [Fact], compared: Int, tensors: [Tensor],
    reshaped: [Reshaped], alone: Pair<[String]>, unread: Pair<[UnreadRecord]> = Pair([], [])
  ) {
    (self.paths, self.tolerance, self.isSame, self.facts) = (paths, tolerance, isSame, facts)
    (self.compared, self.tensors, self.reshaped, self.alone) = (compared, tensors, reshaped, alone)
    self.unread = unread
  }
}

// MARK: - JSON

extension DifferenceRecord {
  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    paths = Pair(try fields.string("first"), try fields.string("second"))
    tolerance = try fields.number("tolerance")
    guard let isSame = try fields.optionalBool("same") else { throw Failure(.data, "difference record without `same`") }
    self.isSame = isSame
    (facts, tensors, reshaped) = ([], [], [])
    for fact in try fields.array("facts") { facts.append(try Fact(json: fact)) }
    compared = try fields.integer("compared")
    for tensor in try fields.array("tensors") { tensors.append(try Tensor(json: tensor)) }
    for tensor in try fields.array("reshaped") { reshaped.append(try Reshaped(json: tensor)) }
    alone = Pair(try fields.strings("only_first"), try fields.strings("only_second"))
    unread = Pair([], [])
    for object in try fields.array("unread_first") { unread.first.append(try UnreadRecord(json: object)) }
    for object in try fields.array("unread_second") { unread.second.append(try UnreadRecord(json: object)) }
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("difference")
    writer.write("first", paths.first)
    writer.write("second", paths.second)
    writer.write("tolerance", tolerance)
    writer.write("same", isSame)
    writer.write("facts", .array(facts.map(\.json)))
    writer.write("compared", compared)
    writer.write("tensors", .array(tensors.map(\.json)))
    writer.write("reshaped", .array(reshaped.map(\.json)))
    writer.write("only_first", .strings(alone.first))
    writer.write("only_second", .strings(alone.second))
    writer.write("unread_first", .array(unread.first.map(\.json)))
    writer.write("unread_second", .array(unread.second.map(\.json)))
    writer.end()
  }
}

extension DifferenceRecord.Fact {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "difference record: fact")
    let name = try fields.string("name")
    self.init(name: name, values: .init(fields.find("first") ?? .null, fields.find("second") ?? .null))
  }

  var json: JSON {
    .object([.init("name", .string(name)), .init("first", values.first), .init("second", values.second)])
  }
}

extension DifferenceRecord.Tensor {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "difference record: tensor")
    self.init(
      name: try fields.string("name"), shape: try fields.integers("shape"), differing: try fields.integer("differing"),
      incomparable: try fields.integer("incomparable"), maximum: try fields.number("maximum"),
      relative: try fields.optionalNumber("relative"), cosine: try fields.optionalNumber("cosine"))
  }

  var json: JSON {
    .object([
      .init("name", .string(name)), .init("shape", .integers(shape)), .init("differing", .integer(Int64(differing))),
      .init("incomparable", .integer(Int64(incomparable))), .init("maximum", .number(maximum)),
      .init("relative", relative.map(JSON.number) ?? .null), .init("cosine", cosine.map(JSON.number) ?? .null),
    ])
  }
}

extension DifferenceRecord.Reshaped {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "difference record: reshaped tensor")
    let name = try fields.string("name")
    self.init(name: name, shapes: .init(try fields.integers("first"), try fields.integers("second")))
  }

  var json: JSON {
    .object([
      .init("name", .string(name)), .init("first", .integers(shapes.first)), .init("second", .integers(shapes.second)),
    ])
  }
}
