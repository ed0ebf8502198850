public import Failures

/// What images a data set has in one of its splits.
public struct DataRecord: Record {
  /// The value of `type`.
  public static let type = "data"

  /// The data set as `--data` takes it.
  public var data: String
  /// The part of it, `train` or `test`.
  public var split: String
  /// How many images there are.
  public var count: Int
  /// The shape of an image: `[c, h, w]`.
  public var shape: [Int]
  /// What the classes are called, by label.
  public var classes: [String]
  /// How many images each class has, by label.
  public var classCounts: [Int]
  /// The mean of the pixels of each channel, in pixel units.
  public var mean: [Double]
  /// Their standard deviation.
  public var deviation: [Double]
  /// The SHA-256 of labels and pixels, the same for the same images in whatever files.
  public var digest: String

  /// A record of all its parts.
  public init(
    data: String, split: String, count: Int, shape: [Int], classes: [String], classCounts: [Int], mean: [Double],
    deviation: [Double], digest: String
  ) {
    (self.data, self.split, self.count, self.shape) = (data, split, count, shape)
    (self.classes, self.classCounts, self.mean, self.deviation) = (classes, classCounts, mean, deviation)
    self.digest = digest
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    data = try fields.string("data")
    split = try fields.string("split")
    count = try fields.integer("count")
    shape = try fields.integers("shape")
    classes = try fields.strings("classes")
    classCounts = try fields.integers("class_counts")
    mean = try fields.doubles("mean")
    deviation = try fields.doubles("deviation")
    digest = try fields.string("digest")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("data")
    writer.write("data", data)
    writer.write("split", split)
    writer.write("count", count)
    writer.write("shape", .integers(shape))
    writer.write("classes", .strings(classes))
    writer.write("class_counts", .integers(classCounts))
    writer.write("mean", .array(mean.map { .number($0) }))
    writer.write("deviation", .array(deviation.map { .number($0) }))
    writer.write("digest", digest)
    writer.end()
  }
}
