/// What the child tells its parent about a file, as bytes: integers of 8 bytes, little-endian, and counted strings.
enum Answer {
  /// The largest sum of attribute values, strings and decoded datasets, in bytes.
  static let valueLimit = 64 << 20
  /// The largest dataset that is decoded while the file is listed, and the largest sum of values with it, in bytes.
  static let (decodedLimit, decodedSum) = (1 << 20, 16 << 20)
  /// The largest sum of datasets that were never written and read as their fill values, in bytes.
  static let unwrittenSum = 64 << 20
  /// The most groups, datasets, links and attributes together.
  static let objectLimit = 100_000
  /// The deepest group within groups.
  static let depthLimit = 64

  /// What comes next in the bytes.
  enum Tag: UInt8 {
    case end, failure, group, dataset, attribute, link, unreadAttribute
  }

  /// The kind of a value.
  enum ValueTag: UInt8 {
    case string, strings, integer, integers, float, floats
  }

  /// The kind of a storage.
  enum StorageTag: UInt8 {
    case contiguous, decoded, value, refused, packed
  }
}

/// Writes an answer; the child only ever appends.
struct AnswerEncoder {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ tag: some RawRepresentable<UInt8>) { bytes.append(tag.rawValue) }

  mutating func append(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ number: Int) { append(UInt64(bitPattern: Int64(number))) }

  mutating func append(_ content: [UInt8]) {
    append(content.count)
    bytes.append(contentsOf: content)
  }

  mutating func append(_ text: String) { append(Array(text.utf8)) }

  mutating func append(_ value: HDF5Value) {
    switch value {
    case .string(let text):
      append(Answer.ValueTag.string)
      append(text)
    case .strings(let texts):
      append(Answer.ValueTag.strings)
      append(texts.count)
      for text in texts { append(text) }
    case .integer(let number):
      append(Answer.ValueTag.integer)
      append(UInt64(bitPattern: number))
    case .integers(let numbers):
      append(Answer.ValueTag.integers)
      append(numbers.count)
      for number in numbers { append(UInt64(bitPattern: number)) }
    case .float(let number):
      append(Answer.ValueTag.float)
      append(number.bitPattern)
    case .floats(let numbers):
      append(Answer.ValueTag.floats)
      append(numbers.count)
      for number in numbers { append(number.bitPattern) }
    }
  }

  mutating func append(_ dataset: HDF5Dataset) {
    append(Answer.Tag.dataset)
    append(dataset.name)
    append(dataset.element)
    append(dataset.isBigEndian ? 1 : 0)
    append(dataset.shape.count)
    for size in dataset.shape { append(size) }
    switch dataset.storage {
    case .contiguous(let offset):
      append(Answer.StorageTag.contiguous)
      append(offset)
    case .decoded(let content):
      append(Answer.StorageTag.decoded)
      append(content)
    case .packed: append(Answer.StorageTag.packed)
    case .value(let value):
      append(Answer.StorageTag.value)
      append(value)
    case .refused(let reason):
      append(Answer.StorageTag.refused)
      append(reason)
    }
  }
}
