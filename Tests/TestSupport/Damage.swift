/// Damages bytes at random, the same way for the same seed.
public struct Damage: RandomNumberGenerator {
  /// Numbers that sizes and counts do not expect, in every width.
  private static let numbers: [[UInt8]] = [0, 1, 0x7F, 0x80, 0xFF].flatMap { (byte: UInt8) -> [[UInt8]] in
    [1, 2, 4, 8].flatMap { (width: Int) -> [[UInt8]] in
      let most = [UInt8](repeating: byte >= 0x7F ? 0xFF : 0, count: width - 1)
      return [most + [byte], [byte] + most.map { ~$0 }, [UInt8](repeating: byte, count: width)]
    }
  }

  private var state: UInt64

  /// The damages that belong to `seed`.
  public init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0xD134_2543_DE82_EF95 }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mix = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mix = (mix ^ mix >> 27) &* 0x94D0_49BB_1331_11EB
    return mix ^ mix >> 31
  }

  /// `bytes` with one to six damages, parts of `other` among them.
  public mutating func damage(_ bytes: [UInt8], other: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...6, using: &self) {
      guard !bytes.isEmpty else { return other }
      strike(&bytes, other)
    }
    return bytes
  }

  private mutating func strike(_ bytes: inout [UInt8], _ other: [UInt8]) {
    // Headers lie at the ends of files, and their numbers mostly at multiples of four.
    let reach = Bool.random(using: &self) ? bytes.count : min(bytes.count, 256)
    let distance = Int.random(in: 0..<reach, using: &self)
    let place = Int.random(in: 0..<4, using: &self) > 0 ? distance : bytes.count - 1 - distance
    let part = place..<min(place + Int.random(in: 1...64, using: &self), bytes.count)
    switch Int.random(in: 0..<7, using: &self) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &self)
    case 2:
      let start = place & ~3
      let number = Self.numbers[Int.random(in: Self.numbers.indices, using: &self)].prefix(bytes.count - start)
      bytes.replaceSubrange(start..<start + number.count, with: number)
    case 3: bytes.removeSubrange(part)
    case 4: bytes.insert(contentsOf: bytes[part], at: Int.random(in: 0...bytes.count, using: &self))
    case 5: bytes.removeSubrange(place...)
    default: bytes.replaceSubrange(part, with: other.dropFirst(place).prefix(part.count))
    }
  }
}
