package import Tensors

/// Input diversity (DI-FGSM; Xie et al. 2019), as torchattacks has it: by chance an image is made smaller, to nine tenths of
/// its side at least, and put somewhere on black, and the gradient there is taken back to the image.
///
/// Both are linear, so the way back is the transpose of the way there. There, all images of a batch share one draw.
package final class InputDiversity {
  private let probability: Float
  private let shape: Shape
  /// Where the smaller image's rows and columns come from.
  private var rows, columns: Resampling
  /// Whether the image is changed at all.
  package private(set) var isApplied = false
  private let room: PixelBuffer

  /// The diversity of images of `shape`, `[c, h, w]`.
  package init(probability: Float, shape: Shape) {
    (self.probability, self.shape) = (probability, shape)
    (rows, columns) = (Resampling(length: shape[1]), Resampling(length: shape[2]))
    room = PixelBuffer(count: shape.count)
  }

  /// Draws whether and how the next image is changed.
  ///
  /// The width becomes one of those from nine tenths on; of an image that is no square, the height that share of its own.
  package func draw(using generator: inout Generator) {
    let (height, width) = (shape[1], shape[2])
    let least = max(width * 9 / 10, 1)
    isApplied = generator.uniform() < probability && least < width
    guard isApplied else { return }
    let side = least + generator.integer(below: width - least)
    let other = max(height * side / width, 1)
    rows.set(length: other, offset: generator.integer(below: max(height - other, 1)))
    columns.set(length: side, offset: generator.integer(below: width - side))
  }

  /// Makes `image` what was drawn.
  package func apply(_ image: MutablePixels) {
    guard isApplied else { return }
    room.copy(Pixels(image))
    image.update(repeating: 0)
    forEachPart { small, large, share in image[small] += share * room.pixels[large] }
  }

  /// The gradient at the image itself, of `gradient` at what it was made; `gradient` where that is the same.
  package func takeBack(_ gradient: Pixels) -> Pixels {
    guard isApplied else { return gradient }
    room.pixels.update(repeating: 0)
    forEachPart { small, large, share in room.pixels[large] += share * gradient[small] }
    return room.contents
  }

  /// Calls `body` with each pixel of the changed image and each one of the image that it takes a share of.
  @inline(__always)
  private func forEachPart(_ body: (_ small: Int, _ large: Int, _ share: Float) -> Void) {
    let (height, width) = (shape[1], shape[2])
    for channel in 0..<shape[0] {
      for row in 0..<rows.count {
        for column in 0..<columns.count {
          let small = (channel * height + rows.offset + row) * width + columns.offset + column
          for y in 0..<2 {
            let line = (channel * height + rows.place(row, y)) * width
            for x in 0..<2 {
              body(small, line + columns.place(column, x), rows.share(row, y) * columns.share(column, x))
            }
          }
        }
      }
    }
  }
}

/// A line of pixels made shorter, each of its pixels a blend of two neighbours, and its place on the line.
///
/// As `interpolate` of PyTorch, bilinear, without aligned corners.
private struct Resampling {
  private let length: Int
  /// How many pixels it has, and where the first one is put.
  private(set) var count = 0
  private(set) var offset = 0
  /// Of each pixel, the first of its two sources, and the share of the second.
  private var sources: [Int]
  private var shares: [Float]

  init(length: Int) {
    self.length = length
    (sources, shares) = ([Int](repeating: 0, count: length), [Float](repeating: 0, count: length))
  }

  mutating func set(length count: Int, offset: Int) {
    (self.count, self.offset) = (count, offset)
    let scale = Double(length) / Double(count)
    for i in 0..<count {
      let source = max((Double(i) + 0.5) * scale - 0.5, 0)
      sources[i] = min(Int(source), length - 1)
      shares[i] = Float(source - Double(sources[i]))
    }
  }

  /// The first or second source of the pixel `i`.
  func place(_ i: Int, _ which: Int) -> Int { min(sources[i] + which, length - 1) }
  /// What share it takes of that.
  func share(_ i: Int, _ which: Int) -> Float { which == 0 ? 1 - shares[i] : shares[i] }
}
