/// A number that tells whether ranks have the same, by one message of a few bytes; against mistakes, not against malice.
public struct Fingerprint {
  /// What has been added so far, in brief.
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Of nothing yet.
  public init() {}

  /// Adds a word.
  public mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01B3
    // A product's lowest bits know nothing of a word's highest.
    value ^= value >> 32
  }

  /// Adds the bits of all `numbers`.
  public mutating func add(_ numbers: some Sequence<Float>) {
    for number in numbers { add(UInt64(number.bitPattern)) }
  }
}
