/// Notices when the points of an iteration repeat, where the next point follows from the point alone: then all that follow
/// are known.
///
/// Points are remembered by a hash. One whose hash was met is kept, and compared bit for bit with the point that should
/// equal it, so that a chance collision changes nothing.
package struct Orbit {
  /// The hashes of the last points, that of point `n` at `n` modulo their number.
  private var hashes: [UInt64] = []
  /// The number of the next point.
  private var number = 0
  private let kept: PixelBuffer
  /// Which point is kept, and after how many it should come again.
  private var candidate: (point: Int, period: Int)?

  /// How many points are remembered.
  private static let most = 1024

  /// No point yet, of images of `count` pixels.
  package init(count: Int) {
    hashes.reserveCapacity(Self.most)
    kept = PixelBuffer(count: count)
  }

  /// Takes in the next point, and says after how many it comes again, if that is certain.
  package mutating func period(of point: Pixels) -> Int? {
    defer { number += 1 }
    if let candidate {
      guard number == candidate.point + candidate.period else { return nil }
      self.candidate = nil
      return point.hasBits(of: kept.contents) ? candidate.period : nil
    }
    let hash = point.hash
    if let place = hashes.firstIndex(of: hash) {
      let distance = (number - place) % Self.most
      candidate = (number, distance == 0 ? Self.most : distance)
      kept.copy(point)
    } else if hashes.count < Self.most {
      hashes.append(hash)
    } else {
      hashes[number % Self.most] = hash
    }
    return nil
  }
}

extension Pixels {
  /// A number that points hardly share; by multiplication and shifts (Knuth 1973, multiplicative hashing).
  fileprivate var hash: UInt64 {
    reduce(0) { hash, value in
      let mixed = (hash ^ UInt64(value.bitPattern)) &* 0x9E37_79B9_7F4A_7C15
      return mixed ^ mixed >> 29
    }
  }
}
