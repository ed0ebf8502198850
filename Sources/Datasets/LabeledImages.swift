import Failures
public import Tensors

/// Which part of a data set: what networks learn from, or what they are judged by.
public enum Split: String, CaseIterable, Sendable {
  /// The training images.
  case train
  /// The test images.
  case test
}

/// Images of one size with a class each, from one split of a data set.
///
/// Like an `ArraySlice`, a part keeps the indices of the whole: `index` is always the 0-based position in the original
/// split, whatever `prefix` or `shard` left away. Parts share their storage.
public struct LabeledImages: Sendable {
  /// The pixels of all images, `[n, c, h, w]`, row-major.
  public enum Pixels: Equatable, Sendable {
    /// 0...255, which stand for 0...1.
    case bytes([UInt8])
    /// 0...1.
    case floats([Float])

    /// How many there are.
    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      }
    }
  }

  /// The data set's name, as in `mnist`.
  public let name: String
  /// The part of the data set.
  public let split: Split
  /// The shape of an image: `[c, h, w]`.
  public let imageShape: Shape
  /// What the classes are called, by label.
  public let classNames: [String]
  /// The original positions of these images.
  public private(set) var indices: Range<Int>

  let pixels: Pixels
  let labels: [Int]

  /// The images of a split, all of them, from `pixels` `[n, c, h, w]` and `n` labels; `place` is where they come from.
  ///
  /// - Throws: `.data` if there are no images, the counts differ, a label has no class, or a float is not in 0...1.
  public init(
    name: String, split: Split, imageShape: Shape, pixels: Pixels, labels: [Int], classNames: [String], place: String
  ) throws {
    guard !labels.isEmpty, imageShape.count > 0 else { throw Failure(.data, "\(place): holds no images") }
    let (count, remainder) = pixels.count.quotientAndRemainder(dividingBy: imageShape.count)
    guard count == labels.count, remainder == 0 else {
      throw Failure(.data, "\(place): \(count) images but \(labels.count) labels; they do not belong together")
    }
    if let index = labels.firstIndex(where: { !classNames.indices.contains($0) }) {
      let range = "0...\(classNames.count - 1)"
      throw Failure(.data, "\(place): image \(index): label \(labels[index]), expected \(range)")
    }
    if case .floats(let floats) = pixels, let index = floats.firstIndex(where: { !(0...1).contains($0) }) {
      let image = index / imageShape.count
      throw Failure(.data, "\(place): image \(image): a pixel is \(floats[index]), expected 0...1 (or uint8)")
    }
    (self.name, self.split, self.imageShape, self.classNames) = (name, split, imageShape, classNames)
    (self.pixels, self.labels, self.indices) = (pixels, labels, labels.indices)
  }

  /// How many images there are.
  public var count: Int { indices.count }

  /// Whether every pixel is one of the 256 levels that 8 bits hold, as `Float(level) / 255`.
  public var haveEightBits: Bool {
    switch pixels {
    case .bytes: true
    case .floats(let floats): floats.allSatisfy { ($0 * 255).rounded() / 255 == $0 }
    }
  }

  /// The class of the image at `index`.
  ///
  /// - Precondition: `indices` contains `index`.
  public func label(of index: Int) -> Int {
    precondition(indices.contains(index), "image \(index) is not among \(indices)")
    return labels[index]
  }

  /// Writes the image at `index`, scaled to 0...1 as `Float(byte) / 255`, to `destination` `[c, h, w]`.
  ///
  /// - Precondition: `indices` contains `index`, and `destination` has `imageShape.count` elements.
  public func writePixels(of index: Int, into destination: UnsafeMutableBufferPointer<Float>) {
    precondition(indices.contains(index), "image \(index) is not among \(indices)")
    precondition(destination.count == imageShape.count, "\(destination.count) elements are no image \(imageShape)")
    let start = index * imageShape.count
    switch pixels {
    case .bytes(let bytes):
      bytes[start..<start + imageShape.count].withUnsafeBufferPointer { bytes in
        // The quotients are those of torchvision's `ToTensor`.
        for offset in destination.indices { destination[offset] = Float(bytes[offset]) / 255 }
      }
    case .floats(let floats):
      floats[start..<start + imageShape.count].withUnsafeBufferPointer { _ = destination.update(fromContentsOf: $0) }
    }
  }

  /// Writes the images at `indices` to `tensor` `[batch, c, h, w]`; the last one fills what is left of the batch.
  ///
  /// - Precondition: 1 to `batch` indices, all among these images.
  public func writePixels(of indices: [Int], into tensor: inout Tensor) {
    let size = imageShape.count
    precondition(tensor.shape.sizes.dropFirst().elementsEqual(imageShape.sizes), "a batch of images \(imageShape)")
    precondition((1...max(1, tensor.shape[0])).contains(indices.count), "1 to \(tensor.shape[0]) images")
    let batch = tensor.shape[0]
    tensor.values.withUnsafeMutableBufferPointer { values in
      for slot in 0..<batch {
        let image = UnsafeMutableBufferPointer(rebasing: values[slot * size..<(slot + 1) * size])
        writePixels(of: indices[min(slot, indices.count - 1)], into: image)
      }
    }
  }
}

// MARK: - Parts

extension LabeledImages {
  /// The first `limit` of these images, or all if there are fewer.
  public func prefix(_ limit: Int) -> LabeledImages { self[indices.prefix(limit)] }

  /// Part `number` of `count` contiguous parts, which together are these images; their sizes differ by one at most.
  ///
  /// - Precondition: `number` is in 1...`count`.
  public func shard(_ number: Int, of count: Int) -> LabeledImages {
    precondition((1...max(1, count)).contains(number), "shard \(number) of \(count)")
    // Whole images first: `count` times the number of images may not fit.
    let (size, longer) = indices.count.quotientAndRemainder(dividingBy: count)
    let bounds = (number - 1...number).map { indices.lowerBound + $0 * size + min($0, longer) }
    return self[bounds[0]..<bounds[1]]
  }

  /// The images at the original positions `range`.
  ///
  /// - Precondition: `indices` contains `range`.
  public subscript(range: Range<Int>) -> LabeledImages {
    precondition(range.isEmpty || (indices.contains(range.lowerBound) && range.upperBound <= indices.upperBound))
    var part = self
    part.indices = range
    return part
  }
}
