public import Tensors

/// The batches of some images, in an order: which image comes when.
public struct Batches: Sendable {
  /// The order of the images.
  public enum Order: Sendable {
    /// As in the data set.
    case inOrder
    /// By positions in `0..<images.count`: a permutation of all, or of those that are wanted.
    case shuffled([Int])
  }

  /// The images.
  public let images: LabeledImages
  /// How many images a batch has; the last may have fewer.
  public let size: Int
  /// The order of the images.
  public let order: Order

  /// Batches of `size` of `images` in `order`.
  ///
  /// - Precondition: `size` is at least 1; there are no more positions than images.
  public init(of images: LabeledImages, size: Int, order: Order = .inOrder) {
    precondition(size > 0, "a batch has at least one image")
    (self.images, self.size, self.order) = (images, size, order)
    precondition(length <= images.count, "positions among \(images.count) images")
  }

  /// How many batches there are.
  public var count: Int { length / size + (length % size == 0 ? 0 : 1) }

  /// How many images the batches have together.
  private var length: Int {
    switch order {
    case .inOrder: images.count
    case .shuffled(let positions): positions.count
    }
  }

  /// The shape of a batch: `[size, c, h, w]`, also of the last one.
  public var shape: Shape { Shape([size] + images.imageShape.sizes) }

  /// The original indices of the images of batch `number`, `size` of them or, in the last batch, fewer.
  ///
  /// - Precondition: `number` is in 0..<`count`.
  public func indices(ofBatch number: Int) -> [Int] {
    var indices: [Int] = []
    copyIndices(ofBatch: number, into: &indices)
    return indices
  }

  /// Replaces `indices` by those of batch `number`, in the memory that the array has.
  ///
  /// - Precondition: `number` is in 0..<`count`.
  public func copyIndices(ofBatch number: Int, into indices: inout [Int]) {
    precondition((0..<count).contains(number), "batch \(number) of \(count)")
    let positions = number * size..<min(number * size + size, length)
    let first = images.indices.lowerBound
    indices.removeAll(keepingCapacity: true)
    switch order {
    case .inOrder: for position in positions { indices.append(first + position) }
    case .shuffled(let permutation): for position in positions { indices.append(first + permutation[position]) }
    }
  }
}
