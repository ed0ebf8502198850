/// Which images of a setting have come, with a digest of each one's record.
///
/// It takes eight bytes an image, up to four times as many where positions are scattered, and what a dictionary takes
/// for those far away from all others.
struct SeenImages: Sendable {
  /// What a record of an image is, beside those that came before.
  enum Arrival {
    /// The first of its image.
    case new
    /// One that came before.
    case repeated
    /// Another one of an image that had come.
    case contradictory
  }

  /// How many images have come.
  private(set) var count = 0
  private var lowest = Int.max
  private var highest = 0
  /// The digests by position; 0 where no image has come.
  private var near: [UInt64] = []
  private var far: [Int: UInt64] = [:]

  /// Takes in the record with `digest` of the image at `index`, which is not negative.
  mutating func insert(_ index: Int, digest: UInt64) -> Arrival {
    // 0 is for those that have not come.
    let digest = digest | 1
    if let known = index < near.count && near[index] != 0 ? near[index] : far.isEmpty ? nil : far[index] {
      return known == digest ? .repeated : .contradictory
    }
    if index == near.count {
      near.append(digest)
    } else if index < near.count {
      near[index] = digest
    } else if index / 4 <= count + 16 {
      near.append(contentsOf: repeatElement(0, count: index - near.count))
      near.append(digest)
    } else {
      far[index] = digest
    }
    (count, lowest, highest) = (count + 1, min(lowest, index), max(highest, index))
    return .new
  }

  /// How many images have not come out of `total`; where nobody knows that, between the first and the last.
  func missing(of total: Int?) -> Int {
    if let total { return total - count }
    return count == 0 ? 0 : highest - lowest - (count - 1)
  }
}

/// A 64-bit digest of bytes that nobody made to collide: the same bytes, the same digest.
struct ByteDigest: Sendable {
  private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Takes in `bytes` and how many they are.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset + 8 <= bytes.count {
      add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < bytes.count {
      rest = rest << 8 | UInt64(bytes[offset])
      offset += 1
    }
    add(rest)
    add(UInt64(bytes.count))
  }

  /// Takes in a word.
  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0xFF51_AFD7_ED55_8CCD
    value ^= value >> 32
  }
}
