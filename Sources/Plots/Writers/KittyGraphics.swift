internal import Records

/// Pictures in terminals by kitty's graphics protocol: a PNG file in base 64, in pieces.
public enum KittyGraphics {
  /// How many characters of base 64 the protocol allows in a piece.
  private static let capacity = 4096

  /// What takes all pictures from the terminal.
  public static let clearing = "\u{1B}_Ga=d,q=2\u{1B}\\"

  /// What shows the file `png` where the cursor is, and begins a line below it.
  public static func bytes(png: [UInt8]) -> [UInt8] {
    let text = Array(Base64.encode(png).utf8)
    let pieces = stride(from: 0, to: text.count, by: capacity).map { start -> [UInt8] in
      let end = min(start + capacity, text.count)
      // Transmit and show, a PNG, without an answer that nobody would read.
      let keys = (start == 0 ? "a=T,f=100,q=2," : "") + (end < text.count ? "m=1" : "m=0")
      return Array("\u{1B}_G\(keys);".utf8) + text[start..<end] + Array("\u{1B}\\".utf8)
    }
    return pieces.joined() + [0x0A]
  }
}
