public import Failures

/// How long one call of an engine into a kernel takes, as part of one program of one network.
public struct BenchmarkStepRecord: Record {
  /// The value of `type`.
  public static let type = "benchmark-step"

  /// The architecture's name.
  public var architecture: String
  /// What it is a part of.
  public var program: BenchmarkRecord.Program
  /// Images per call.
  public var batch: Int
  /// The 1-based place in the order in which calls run.
  public var position: Int
  /// The network's layer that it begins with.
  public var step: String
  /// What it computes, as `convolution`.
  public var operation: String
  /// `forward`, `backward-data`, `backward-weights`, `backward` or `reorder`.
  public var pass: String
  /// How it computes that; nil where there is only one way.
  public var algorithm: String?
  /// How values lie in memory.
  public var layout: String
  /// The kernel's name.
  public var implementation: String
  /// The median of the repeats.
  public var milliseconds: Double
  /// 10^9 floating-point operations of the mathematics per second; nil for what has no multiply-adds.
  public var gigaflopsPerSecond: Double?
  /// The bytes of all that it reads and writes; nil where the engine does not say.
  public var bytes: Int?
  /// The least time that multiply-adds and bytes take at the machine's measured peaks, of the call's time; nil where
  /// neither is known.
  public var roofShare: Double?
  /// The share, 0...1, of the time of all calls.
  public var share: Double

  /// A record of all its parts.
  public init(
    architecture: String, program: BenchmarkRecord.Program, batch: Int, position: Int, step: String, operation: String,
    pass: String, algorithm: String?, layout: String, implementation: String, milliseconds: Double,
    gigaflopsPerSecond: Double?, bytes: Int? = nil, roofShare: Double? = nil, share: Double
  ) {
    (self.architecture, self.program, self.batch, self.position) = (architecture, program, batch, position)
    (self.step, self.operation, self.pass, self.algorithm) = (step, operation, pass, algorithm)
    (self.layout, self.implementation, self.milliseconds) = (layout, implementation, milliseconds)
    (self.gigaflopsPerSecond, self.bytes) = (gigaflopsPerSecond, bytes)
    (self.roofShare, self.share) = (roofShare, share)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    architecture = try fields.string("architecture")
    let name = try fields.string("program")
    guard let program = BenchmarkRecord.Program(rawValue: name) else {
      throw Failure(.data, "benchmark-step record: `program` is `\(name)`, which is unknown")
    }
    self.program = program
    batch = try fields.integer("batch")
    position = try fields.integer("position")
    step = try fields.string("step")
    operation = try fields.string("operation")
    pass = try fields.string("pass")
    algorithm = try fields.optionalString("algorithm")
    layout = try fields.string("layout")
    implementation = try fields.string("implementation")
    milliseconds = try fields.number("milliseconds")
    gigaflopsPerSecond = try fields.optionalNumber("gigaflops_per_second")
    bytes = try fields.optionalInteger("bytes")
    roofShare = try fields.optionalNumber("roof_share")
    share = try fields.number("share")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("benchmark-step")
    writer.write("architecture", architecture)
    writer.write("program", program.rawValue)
    writer.write("batch", batch)
    writer.write("position", position)
    writer.write("step", step)
    writer.write("operation", operation)
    writer.write("pass", pass)
    if let algorithm { writer.write("algorithm", algorithm) }
    writer.write("layout", layout)
    writer.write("implementation", implementation)
    writer.write("milliseconds", milliseconds)
    if let gigaflopsPerSecond { writer.write("gigaflops_per_second", gigaflopsPerSecond) }
    if let bytes { writer.write("bytes", bytes) }
    if let roofShare { writer.write("roof_share", roofShare) }
    writer.write("share", share)
    writer.end()
  }
}
