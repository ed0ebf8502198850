import Foundation

/// What is wrong with a picture for terminals.
public struct TerminalPictureProblem: Error, CustomStringConvertible {
  /// What it is.
  public let description: String
}

/// A picture in sixels, drawn dot by dot as DEC's manual of the VT330 has it.
public struct SixelPicture {
  /// The size that the picture declares; zeros where it does not.
  public private(set) var width = 0, height = 0
  /// Row by row the colours of the dots, as 0xRRGGBB; nil where nothing was drawn.
  public private(set) var rows: [[Int?]] = []
  /// How many colours it declares.
  public var colourCount: Int { palette.count }
  private var palette: [Int: Int] = [:]

  /// The picture that `bytes` hold from `ESC P` to `ESC \`, with nothing around them but a newline at the end.
  ///
  /// - Throws: `TerminalPictureProblem` for anything that is not in the manual.
  public init(_ bytes: some Sequence<UInt8>) throws {
    let bytes = Array(bytes)
    guard bytes.starts(with: Array("\u{1B}Pq".utf8)), bytes.suffix(3) == Array("\u{1B}\\\n".utf8)[...] else {
      throw TerminalPictureProblem(description: "not from ESC P q to ESC \\")
    }
    var rest = bytes[3..<bytes.count - 3]
    var (x, band, colour, repeats) = (0, 0, 0, 1)
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        let numbers = Self.numbers(&rest)
        guard numbers.count == 4, numbers[..<2] == [1, 1] else { throw TerminalPictureProblem(description: "size") }
        (width, height) = (numbers[2], numbers[3])
      case UInt8(ascii: "#"):
        let numbers = Self.numbers(&rest)
        colour = numbers[0]
        if numbers.count == 5 {
          guard numbers[1] == 2, numbers[2...].allSatisfy((0...100).contains) else {
            throw TerminalPictureProblem(description: "colour \(numbers)")
          }
          // Percent to levels, to the nearest.
          palette[colour] = numbers[2...].reduce(0) { $0 << 8 | ($1 * 255 + 50) / 100 }
        }
      case UInt8(ascii: "!"): repeats = Self.numbers(&rest)[0]
      case UInt8(ascii: "$"): x = 0
      case UInt8(ascii: "-"): (x, band) = (0, band + 1)
      case 63...126:
        for _ in 0..<repeats {
          for bit in 0..<6 where (byte - 63) >> UInt8(bit) & 1 == 1 { set(x, 6 * band + bit, palette[colour]) }
          x += 1
        }
        repeats = 1
      default: throw TerminalPictureProblem(description: "byte \(byte)")
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ colour: Int?) {
    while rows.count <= y { rows.append([]) }
    while rows[y].count <= x { rows[y].append(nil) }
    rows[y][x] = colour
  }

  /// Numbers between semicolons at the front of `rest`, which lie there no longer.
  private static func numbers(_ rest: inout ArraySlice<UInt8>) -> [Int] {
    let digits = rest.prefix { (48...57).contains($0) || $0 == 59 }
    rest = rest.dropFirst(digits.count)
    return digits.split(separator: 59, omittingEmptySubsequences: false).map { digits in
      digits.reduce(0) { 10 * $0 + Int($1) - 48 }
    }
  }
}

/// A picture by kitty's protocol, its pieces put together.
public struct KittyPicture {
  /// The keys of each piece, as they stand there.
  public private(set) var keys: [String] = []
  /// The base 64 of each piece.
  public private(set) var pieces: [String] = []
  /// The file.
  public let file: [UInt8]

  /// The picture that `bytes` hold, with nothing around it but a newline at the end.
  ///
  /// - Throws: `TerminalPictureProblem` for anything that is not in the protocol.
  public init(_ bytes: some Sequence<UInt8>) throws {
    let commands = String(decoding: Array(bytes), as: UTF8.self).components(separatedBy: "\u{1B}_G")
    guard commands.count > 1, commands[0].isEmpty else { throw TerminalPictureProblem(description: "no picture") }
    for (place, command) in commands.enumerated().dropFirst() {
      let end = place == commands.count - 1 ? "\u{1B}\\\n" : "\u{1B}\\"
      let parts = command.dropLast(end.count).split(separator: ";", omittingEmptySubsequences: false)
      guard command.hasSuffix(end), parts.count == 2 else { throw TerminalPictureProblem(description: command) }
      keys.append(String(parts[0]))
      pieces.append(String(parts[1]))
    }
    guard let data = Data(base64Encoded: pieces.joined()) else { throw TerminalPictureProblem(description: "base 64") }
    file = [UInt8](data)
  }
}
