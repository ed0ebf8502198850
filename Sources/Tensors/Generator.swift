/// What a random number is for; different purposes never share numbers.
///
/// The raw values are part of what a seed means: they never change, new ones are added at the end.
public enum Purpose: UInt32, CaseIterable, Sendable {
  /// The weights a network starts training with.
  case initialWeights = 0
  /// The order of the images in an epoch.
  case shuffle = 1
  /// Where an attack starts inside its ball.
  case attackStart = 2
  /// Which activations dropout keeps.
  case dropout = 3
  /// The rotation and translation of an image.
  case pose = 4
  /// Crops and flips.
  case augmentation = 5
  /// The split of a data set into parts.
  case split = 6
  /// Examples made up to measure or to check something.
  case sample = 7
  /// The noise of a common corruption.
  case corruption = 8
  /// Which of several perturbations an image takes in training.
  case mixture = 9
}

/// A stream of random numbers that is a function of (seed, purpose, epoch, image, restart, step) and nothing else.
///
/// Numbers therefore do not depend on the batch size, the order of the work, sharding, threads or interruption. The
/// words are Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011). One block under the key `seed` turns the other fields,
/// `(image, epoch, step, purpose * 2^24 + restart)`, into the stream's own key (words 0 and 1 of that block) and the
/// upper half of its counter (words 2 and 3); the lower half counts the stream's blocks from 0. Every function
/// below takes the words in order, so a fill yields what as many single draws would.
public struct Generator: Sendable {
  private let key: SIMD2<UInt32>
  private let upperCounter: SIMD2<UInt32>
  private var nextBlock: UInt64 = 0
  private var words = SIMD4<UInt32>()
  private var used = 4

  /// The stream of these fields.
  ///
  /// - Parameters:
  ///   - seed: The seed of the whole run.
  ///   - purpose: What the numbers are for.
  ///   - epoch: The epoch of training; 0 outside training. The lower 32 bits count, as for `image` and `step`.
  ///   - image: The image's 0-based position in its original split, or another index the purpose goes by.
  ///   - restart: The attack's restart; the lower 24 bits count.
  ///   - step: The step within whatever the purpose does.
  public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, image: Int = 0, restart: Int = 0, step: Int = 0) {
    let fields = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: image), UInt32(truncatingIfNeeded: epoch), UInt32(truncatingIfNeeded: step),
      purpose.rawValue << 24 | UInt32(truncatingIfNeeded: restart) & 0xFF_FFFF)
    let derived = Philox.block(counter: fields, key: Philox.halves(of: seed))
    (key, upperCounter) = (derived.lowHalf, derived.highHalf)
  }

  /// The next 32 random bits.
  public mutating func nextUInt32() -> UInt32 {
    if used == 4 {
      words = takeBlock()
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// Fills `out` with `number` of the next words, a whole block at a time where that is possible.
  @inline(__always)
  mutating func fill(_ out: UnsafeMutableBufferPointer<Float>, with number: (UInt32) -> Float) {
    var i = 0
    while i < out.count {
      if used == 4, i + 4 <= out.count {
        let block = takeBlock()
        for lane in 0..<4 { out[i + lane] = number(block[lane]) }
        i += 4
      } else {
        out[i] = number(nextUInt32())
        i += 1
      }
    }
  }

  private mutating func takeBlock() -> SIMD4<UInt32> {
    defer { nextBlock &+= 1 }
    return Philox.block(counter: SIMD4(lowHalf: Philox.halves(of: nextBlock), highHalf: upperCounter), key: key)
  }

  /// A number in `0 ..< bound`, every one equally likely (Lemire 2019: multiply, and draw again in the biased part).
  ///
  /// - Precondition: `bound` is in `1 ... 2^32 - 1`.
  public mutating func integer(below bound: Int) -> Int {
    let bound = UInt32(bound)
    precondition(bound > 0, "no integer is below 0")
    var product = nextUInt32().multipliedFullWidth(by: bound)
    if product.low < bound {
      let biased = (0 &- bound) % bound
      while product.low < biased { product = nextUInt32().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// The numbers `0 ..< count` in random order (Fisher and Yates, from the last place down).
  ///
  /// - Precondition: `count` is in `0 ... 2^32 - 1`.
  public mutating func permutation(count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1)) }
    return order
  }
}

/// The block function Philox4x32-10: 128 random bits of a 128-bit counter and a 64-bit key.
package enum Philox {
  /// The block of `counter` under `key`, words in the order of Random123.
  package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c, k) = (counter, key)
    for _ in 0..<10 {
      let first = c[0].multipliedFullWidth(by: 0xD251_1F53)
      let second = c[2].multipliedFullWidth(by: 0xCD9E_8D57)
      c = SIMD4(second.high ^ c[1] ^ k[0], second.low, first.high ^ c[3] ^ k[1], first.low)
      k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return c
  }

  /// The lower and the upper 32 bits of `word`.
  static func halves(of word: UInt64) -> SIMD2<UInt32> {
    SIMD2(UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32))
  }
}
