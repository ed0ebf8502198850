import Failures
import Tensors

/// A value of a graph that no image changes.
struct Constant {
  /// Where its numbers are.
  enum Storage {
    /// In the file, or beside it.
    case stored(StoredTensor)
    /// Here, row-major.
    case numbers([Double])
  }

  var shape: [Int]
  /// Whether its numbers are integers, whose quotients are cut.
  var isInteger: Bool
  var storage: Storage

  /// A tensor of the file.
  init(_ tensor: StoredTensor) {
    self.init(tensor.shape.sizes, isInteger: !tensor.element.isFloatingPoint, .stored(tensor))
  }

  init(_ shape: [Int], isInteger: Bool, _ storage: Storage) {
    (self.shape, self.isInteger, self.storage) = (shape, isInteger, storage)
  }

  /// Integers, one after the other.
  init(integers: [Int]) { self.init([integers.count], isInteger: true, .numbers(integers.map(Double.init))) }

  /// How many numbers it has.
  var count: Int { shape.reduce(1, *) }
}

/// Numbers with a shape, while a graph's constants are computed.
struct NumberArray {
  var shape: [Int]
  var isInteger: Bool
  var values: [Double]

  /// The numbers as integers; those that are none are cut, those beyond all bounds the nearest.
  var integers: [Int] { values.map(integer) }

  /// As a constant.
  var constant: Constant { Constant(shape, isInteger: isInteger, .numbers(values)) }

  /// How far apart neighbours along each axis are.
  static func strides(_ shape: [Int]) -> [Int] {
    var (strides, stride) = ([Int](), 1)
    for size in shape.reversed() {
      strides.append(stride)
      stride *= size
    }
    return strides.reversed()
  }

  /// The elements at the places that walking over `sizes` by `strides` from `start` leads to.
  func gathered(_ sizes: [Int], strides: [Int], from start: Int = 0) -> [Double] {
    var (index, place) = ([Int](repeating: 0, count: sizes.count), start)
    return (0..<sizes.reduce(1, *)).map { _ in
      defer {
        var axis = sizes.count - 1
        while axis >= 0 {
          index[axis] += 1
          place += strides[axis]
          if index[axis] < sizes[axis] { break }
          place -= strides[axis] * sizes[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      return values[place]
    }
  }

  /// The array with its axes in the order `permutation`, each axis once.
  func transposed(_ permutation: [Int]) -> NumberArray {
    let (sizes, strides) = (permutation.map { shape[$0] }, Self.strides(shape))
    return NumberArray(
      shape: sizes, isInteger: isInteger, values: gathered(sizes, strides: permutation.map { strides[$0] }))
  }

  /// The array repeated along axes of size 1, and new ones before the first, to `sizes`; nil if it does not fit them.
  func broadcast(to sizes: [Int]) -> NumberArray? {
    let missing = sizes.count - shape.count
    guard missing >= 0 else { return nil }
    let (own, strides) = ([Int](repeating: 1, count: missing) + shape, Self.strides(shape))
    guard zip(own, sizes).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
    let steps = sizes.indices.map { $0 < missing || own[$0] == 1 ? 0 : strides[$0 - missing] }
    return NumberArray(shape: sizes, isInteger: isInteger, values: gathered(sizes, strides: steps))
  }

  /// The shape that arrays of both shapes are brought to; nil if there is none.
  static func common(_ first: [Int], _ second: [Int]) -> [Int]? {
    let rank = max(first.count, second.count)
    let padded = [first, second].map { [Int](repeating: 1, count: rank - $0.count) + $0 }
    var shape: [Int] = []
    for (one, other) in zip(padded[0], padded[1]) {
      guard one == other || one == 1 || other == 1 else { return nil }
      shape.append(one == 1 ? other : one)
    }
    return shape
  }
}

/// The integer nearest to `value` towards 0; 0 for what is no number.
func integer(_ value: Double) -> Int {
  if value.isNaN { return 0 }
  return Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
}

/// `axis`, counted from the end if it is negative; nil if there is none such.
func normalised(_ axis: Int, rank: Int) -> Int? {
  guard (-rank..<rank).contains(axis) else { return nil }
  return axis < 0 ? axis + rank : axis
}

/// `axes`, those that are negative counted from the end; nil if one is not there, or twice.
func normalised(_ axes: [Int], rank: Int) -> [Int]? {
  let found = axes.compactMap { normalised($0, rank: rank) }
  return found.count == axes.count && Set(found).count == found.count ? found : nil
}
