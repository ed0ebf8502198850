internal import Failures

/// Reads an answer, which a hostile file may have made the child forge: every count is held against the bytes left.
struct AnswerDecoder {
  /// The bytes do not make an answer.
  struct Malformed: Error {}

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// All that the answer lists.
  ///
  /// - Throws: the child's own `Failure`, or `Malformed`.
  mutating func contents() throws -> HDF5Listing.Contents {
    var contents = HDF5Listing.Contents()
    while true {
      switch try tag(Answer.Tag.self) {
      case .end:
        guard position == bytes.count else { throw Malformed() }
        return contents
      case .failure:
        let isReading = try integer() == 1
        throw Failure(isReading ? .inputOutput : .data, try string())
      case .group: contents.groups.append(try string())
      case .dataset: contents.datasets.append(try dataset())
      case .link: contents.links.append(HDF5Link(name: try string(), kind: try string()))
      case .attribute:
        let object = try string()
        let name = try string()
        contents.attributes[object, default: [:]][name] = try value()
      case .unreadAttribute:
        let object = try string()
        let name = try string()
        contents.unreadAttributes[object, default: [:]][name] = try string()
      }
    }
  }

  private mutating func dataset() throws -> HDF5Dataset {
    let name = try string()
    let element = try tag(HDF5ElementType.self)
    let isBigEndian = try integer() == 1
    let shape = try (0..<count(of: 8)).map { _ in try integer() }
    guard shape.allSatisfy({ $0 >= 0 }), product(shape, max(element.byteCount, 1)) != nil else { throw Malformed() }
    let dataset = HDF5Dataset(
      name: name, element: element, isBigEndian: isBigEndian, shape: shape, storage: try storage())
    if case .decoded(let content) = dataset.storage, content.count != dataset.byteCount { throw Malformed() }
    return dataset
  }

  private mutating func storage() throws -> HDF5Dataset.Storage {
    switch try tag(Answer.StorageTag.self) {
    case .contiguous: .contiguous(offset: try integer())
    case .decoded: .decoded(try content())
    case .packed: .packed
    case .value: .value(try value())
    case .refused: .refused(try string())
    }
  }

  private mutating func value() throws -> HDF5Value {
    switch try tag(Answer.ValueTag.self) {
    case .string: .string(try string())
    case .strings: .strings(try (0..<count(of: 8)).map { _ in try string() })
    case .integer: .integer(Int64(try integer()))
    case .integers: .integers(try (0..<count(of: 8)).map { _ in Int64(try integer()) })
    case .float: .float(Double(bitPattern: try word()))
    case .floats: .floats(try (0..<count(of: 8)).map { _ in Double(bitPattern: try word()) })
    }
  }

  private mutating func tag<Tag: RawRepresentable<UInt8>>(_ type: Tag.Type) throws -> Tag {
    guard position < bytes.count, let tag = Tag(rawValue: bytes[position]) else { throw Malformed() }
    position += 1
    return tag
  }

  private mutating func word() throws -> UInt64 {
    guard bytes.count - position >= 8 else { throw Malformed() }
    defer { position += 8 }
    return bytes[position..<position + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func integer() throws -> Int { Int(truncatingIfNeeded: try word()) }

  /// A count of things of which each takes at least `size` bytes.
  private mutating func count(of size: Int) throws -> Int {
    let count = try integer()
    guard count >= 0, count <= (bytes.count - position) / size else { throw Malformed() }
    return count
  }

  private mutating func content() throws -> [UInt8] {
    let count = try count(of: 1)
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  private mutating func string() throws -> String { String(decoding: try content(), as: UTF8.self) }
}

/// The product of `sizes` and `factor`, nil if it does not fit.
func product(_ sizes: [Int], _ factor: Int) -> Int? {
  // Zeroes last, so that the check does not depend on the order of the axes.
  var result = factor
  for size in sizes where size != 0 {
    let (next, overflow) = result.multipliedReportingOverflow(by: size)
    guard !overflow else { return nil }
    result = next
  }
  return sizes.contains(0) ? 0 : result
}
