/// The base 64 of RFC 4648 with its standard alphabet, strict: padded, no white space, no stray bits.
public enum Base64 {
  /// The text of `bytes`.
  public static func encode(_ bytes: [UInt8]) -> String {
    var units: [UInt8] = []
    units.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var word: UInt32 = 0
      for offset in 0..<3 { word = word << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
      for digit in 0..<4 {
        units.append(digit <= count ? alphabet[Int(word >> (18 - 6 * UInt32(digit)) & 63)] : padding)
      }
    }
    return String(decoding: units, as: UTF8.self)
  }

  /// The bytes that `text` stands for; nil when it is not strict base 64.
  public static func decode(_ text: String) -> [UInt8]? {
    let units = Array(text.utf8)
    guard units.count.isMultiple(of: 4) else { return nil }
    let missing = units.suffix(2).count { $0 == padding }
    guard missing < 2 || units[units.count - 1] == padding else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(units.count / 4 * 3)
    for start in stride(from: 0, to: units.count, by: 4) {
      let digits = start + 4 < units.count ? 4 : 4 - missing
      var word: UInt32 = 0
      for offset in 0..<4 {
        let value = offset < digits ? values[Int(units[start + offset])] : 0
        guard value < 64 else { return nil }
        word = word << 6 | UInt32(value)
      }
      for byte in 0..<digits - 1 { bytes.append(UInt8(truncatingIfNeeded: word >> (16 - 8 * UInt32(byte)))) }
      // The bits after the last byte must be zero, so that no two texts mean the same.
      if digits < 4, word & (digits == 3 ? 0xFF : 0xFFFF) != 0 { return nil }
    }
    return bytes
  }

  private static let padding = UInt8(ascii: "=")
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// What each byte stands for as a digit; 255 for those that are none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, unit) in alphabet.enumerated() { values[Int(unit)] = UInt8(value) }
    return values
  }()
}
