public import Failures

/// How fast one program of one network ran.
public struct BenchmarkRecord: Record {
  /// What was timed.
  public enum Program: String, CaseIterable, Sendable {
    /// Pixels to logits.
    case inference
    /// Pixels to the loss's gradient by the pixels.
    case inputGradient = "input-gradient"
    /// One step of the optimiser.
    case training
    /// An epoch of training on attacked images.
    case attackEpoch = "attack-epoch"
  }

  /// The value of `type`.
  public static let type = "benchmark"

  /// The architecture's name.
  public var architecture: String
  /// What was timed.
  public var program: Program
  /// Images per call.
  public var batch: Int
  /// The type of the numbers, such as `float32`.
  public var precision: String
  /// How many threads computed.
  public var threads: Int
  /// Images per second: the median of the repeats.
  public var imagesPerSecond: Double
  /// Images per second of the fastest repeat.
  public var best: Double
  /// 10^9 floating-point operations per second, at the median.
  public var gigaflopsPerSecond: Double
  /// The share, 0...1, of the machine's measured peak.
  public var peakShare: Double
  /// The engine and its version.
  public var backend: String
  /// How often it was timed.
  public var repeats: Int
  /// Images of one timed call: a batch, or an epoch.
  public var images: Int
  /// The most memory, in bytes, that the process had held at once when it was done.
  public var peakResidentBytes: Int

  /// A record of all its parts.
  public init(
    architecture: String, program: Program, batch: Int, precision: String, threads: Int, imagesPerSecond: Double,
    best: Double, gigaflopsPerSecond: Double, peakShare: Double, backend: String, repeats: Int, images: Int,
    peakResidentBytes: Int
  ) {
    self.architecture = architecture
    self.program = program
    self.batch = batch
    self.precision = precision
    self.threads = threads
    self.imagesPerSecond = imagesPerSecond
    self.best = best
    self.gigaflopsPerSecond = gigaflopsPerSecond
    self.peakShare = peakShare
    self.backend = backend
    self.repeats = repeats
    self.images = images
    self.peakResidentBytes = peakResidentBytes
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    architecture = try fields.string("architecture")
    let name = try fields.string("program")
    guard let program = Program(rawValue: name) else {
      throw Failure(.data, "benchmark record: `program` is `\(name)`, which is unknown")
    }
    self.program = program
    batch = try fields.integer("batch")
    precision = try fields.string("precision")
    threads = try fields.integer("threads")
    imagesPerSecond = try fields.number("images_per_second")
    best = try fields.number("best")
    gigaflopsPerSecond = try fields.number("gigaflops_per_second")
    peakShare = try fields.number("peak_share")
    backend = try fields.string("backend")
    repeats = try fields.integer("repeats")
    images = try fields.integer("images")
    peakResidentBytes = try fields.integer("peak_resident_bytes")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("benchmark")
    writer.write("architecture", architecture)
    writer.write("program", program.rawValue)
    writer.write("batch", batch)
    writer.write("precision", precision)
    writer.write("threads", threads)
    writer.write("images_per_second", imagesPerSecond)
    writer.write("best", best)
    writer.write("gigaflops_per_second", gigaflopsPerSecond)
    writer.write("peak_share", peakShare)
    writer.write("backend", backend)
    writer.write("repeats", repeats)
    writer.write("images", images)
    writer.write("peak_resident_bytes", peakResidentBytes)
    writer.end()
  }
}
