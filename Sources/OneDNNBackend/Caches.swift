import Files

#if canImport(Darwin)
  import Darwin
#endif

/// The sizes of the processor's data caches in bytes, by which handwritten passes cut their work.
///
/// They decide no bit: a sum keeps its order wherever it is cut. Work is cut in proportion to how it was cut on the
/// processor that it was measured on, whose caches are `usual`.
package struct Caches: Hashable, Sendable {
  /// The nearest of a core, and the next.
  package let first, second: Int
  /// The last, which cores share.
  package let last: Int

  /// Caches of such sizes.
  package init(first: Int, second: Int, last: Int) { (self.first, self.second, self.last) = (first, second, last) }

  /// What stands for what the system does not tell.
  package static let usual = Caches(first: 32 << 10, second: 1 << 20, last: 32 << 20)

  /// Those of this processor.
  package static let found = Caches(
    first: told.first ?? usual.first, second: told.second ?? usual.second, last: told.last ?? usual.last)

  /// How many terms of each sum a product takes in one round: the weights of 64 sums fill the nearest cache.
  package var depth: Int { within(32...1024, first / 256) }

  /// How many numbers of pixels and their sums a thread keeps: half of its core's cache.
  package var keptCount: Int { within(1 << 13...1 << 20, second / 8) }

  /// How many pixels a thread takes through all taps of a kernel at once, of `inputs` channels to `outputs`: as many as are kept
  /// with their sums, but enough to be worth the way of weights that pass the cache by. The product takes six at a time.
  package func tapRows(_ inputs: Int, _ outputs: Int) -> Int {
    let kept = keptCount / (inputs + outputs)
    return max(6, inputs * outputs * 4 > second ? max(kept, 168) : kept) / 6 * 6
  }

  /// How many tiles a thread transforms at once by Winograd's algorithm, where the weights stay in the last cache: of 64 channels
  /// about as many as its core's cache holds with their products. The product takes six at a time.
  package var winogradTiles: Int { within(12...36, (36 * second) >> 20) / 6 * 6 }

  /// From how many inputs a thread sums up the gradients of weights at once, to 64 outputs: about half of its core's cache.
  /// Blocks of more than 48 leave threads without work.
  package var gradientRows: Int { within(16...48, (64 * second) >> 20) / 16 * 16 }

  /// How many transformed tiles, or pixels with what their taps read, lie in the last cache at once. Where many share a
  /// processor it tells of more than one of them has, so that no more is believed than was measured.
  package var tileCount: Int { within(128...512, last >> 16) }

  /// How many numbers the weights of a group have at most that stay in the last cache; believed likewise.
  package var weightCount: Int { within(1 << 17...1 << 22, last / 8) }

  private func within(_ range: ClosedRange<Int>, _ value: Int) -> Int {
    min(max(value, range.lowerBound), range.upperBound)
  }
}

// MARK: - What the system tells

extension Caches {
  #if canImport(Darwin)
    /// Of the fast cores, or of all where there is one kind; those that share a second cache have equal parts of it.
    private static var told: (first: Int?, second: Int?, last: Int?) {
      let shared = value("perflevel0.l2cachesize") ?? value("l2cachesize")
      return (
        value("perflevel0.l1dcachesize") ?? value("l1dcachesize"),
        shared.map { $0 / max(1, value("perflevel0.cpusperl2") ?? 1) }, value("l3cachesize") ?? shared
      )
    }

    private static func value(_ name: String) -> Int? {
      var (value, size) = (Int64(0), MemoryLayout<Int64>.size)
      guard sysctlbyname("hw.\(name)", &value, &size, nil, 0) == 0, value > 0 else { return nil }
      return Int(value)
    }
  #else
    private static var told: (first: Int?, second: Int?, last: Int?) { (size(1), size(2), size(3)) }

    private static func size(_ level: Int) -> Int? {
      for index in 0..<8 {
        let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)"
        if line("\(folder)/level") == "\(level)", line("\(folder)/type") != "Instruction" {
          return line("\(folder)/size").flatMap(byteCount)
        }
      }
      return nil
    }

    /// The first line of a file of the system's; nil where there is no such file.
    private static func line(_ path: String) -> String? {
      guard let bytes = try? readBytes(path: path, limit: 1 << 16) else { return nil }
      return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
  #endif

  /// As `48K` or `2M`; nil for anything else, and for nothing.
  package static func byteCount(_ text: String) -> Int? {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), (1...1 << 30).contains(count)
    else { return nil }
    return count * unit
  }
}
