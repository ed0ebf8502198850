import Archives

/// Changes files at random, the same way for the same seed.
struct Mutator {
  /// The longest file that is made.
  private static let limit = 1 << 18
  private static let numbers: [[UInt8]] = [
    [0], [1], [0x7F], [0x80], [0xFF], [0, 0], [0xFF, 0xFF], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF],
    [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80], [0, 0, 0, 0, 1, 0, 0, 0],
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    [0, 0, 0, 0, 0, 0, 0, 0x40],
  ]

  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  /// A number in 0..<bound.
  mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mix = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mix = (mix ^ mix >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((mix ^ mix >> 31) % UInt64(max(bound, 1)))
  }

  /// A changed copy of one of `seeds`.
  mutating func mutate(_ seeds: [[UInt8]]) -> [UInt8] {
    var bytes = seeds[next(seeds.count)]
    for _ in 0...next(6) { change(&bytes, seeds) }
    return Array(bytes.prefix(Self.limit))
  }

  /// A changed copy of a zip archive: as any bytes, or with one changed entry and right checksums.
  mutating func mutateArchive(_ seeds: [[UInt8]]) -> [UInt8] {
    let seed = seeds[next(seeds.count)]
    guard next(4) > 0, let archive = try? ZipArchive(seed, limit: 1 << 26, name: "seed"),
      var entries = try? archive.entries.map({ (name: $0.name, bytes: try archive.contents(of: $0)) }), !entries.isEmpty
    else { return mutate(seeds) }
    // The pickle is what matters most, and is mostly the first.
    let index = next(3) == 0 ? next(entries.count) : 0
    for _ in 0...next(6) { change(&entries[index].bytes, entries.map(\.bytes)) }
    if next(10) == 0 { entries.remove(at: next(entries.count)) }
    return (try? zipStoring(entries)) ?? seed
  }

  private mutating func change(_ bytes: inout [UInt8], _ others: [[UInt8]]) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(next(256))) }
    // Headers lie at the ends, where most of what matters is.
    let position = next(2) == 0 ? next(bytes.count) : next(min(bytes.count, 300))
    let place = next(4) == 0 ? bytes.count - 1 - position : position
    switch next(9) {
    case 0: bytes[place] ^= 1 << UInt8(next(8))
    case 1: bytes[place] = UInt8(next(256))
    case 2:
      let number = Self.numbers[next(Self.numbers.count)]
      bytes.replaceSubrange(place..<min(place + number.count, bytes.count), with: number)
    case 3: bytes.removeSubrange(place..<min(place + 1 + next(16), bytes.count))
    case 4: bytes.insert(contentsOf: bytes[place..<min(place + 1 + next(32), bytes.count)], at: next(bytes.count))
    case 5: bytes.insert(contentsOf: (0...next(8)).map { _ in UInt8(next(256)) }, at: place)
    case 6: bytes.removeLast(min(bytes.count, 1 + next(next(2) == 0 ? 16 : bytes.count)))
    case 7: bytes[place] = bytes[place] &+ UInt8(next(2) == 0 ? 1 : 255)
    default:
      let other = others[next(others.count)]
      guard !other.isEmpty else { return }
      let start = next(other.count)
      bytes.replaceSubrange(place..<bytes.count, with: other[start..<min(start + 4096, other.count)])
    }
  }
}
