public import Tensors

/// How a pixel is made of its neighbours.
public enum Interpolation: String, CaseIterable, Sendable {
  /// The pixel that the centre falls on: pixel for pixel what Pillow and torchvision make of 8-bit images.
  case nearest
  /// The four nearest pixels by distance, as Pillow weighs them; not rounded to 8 bits, so less than one level from it.
  case bilinear
}

/// Crops, mirrors, turns and moves images; holds the room that needs, so that nothing is allocated for an image.
///
/// What comes from outside the image is black. An image of 8-bit levels stays one under `nearest`.
public struct Resampler: Sendable {
  /// The images it takes, `[c, h, w]`.
  public let imageShape: Shape
  /// How a pixel is made of its neighbours.
  public let interpolation: Interpolation

  private let channels: Int
  private let height: Int
  private let width: Int
  private var source: [Float]
  private var taps: [Int32]

  /// A resampler for images of `imageShape`, `[c, h, w]`.
  ///
  /// - Precondition: the shape has three axes, and fewer than 2^31 pixels.
  public init(imageShape: Shape, interpolation: Interpolation = .nearest) {
    precondition(imageShape.rank == 3 && imageShape.count <= Int(Int32.max), "no image has the shape \(imageShape)")
    (self.imageShape, self.interpolation) = (imageShape, interpolation)
    (channels, height, width) = (imageShape[0], imageShape[1], imageShape[2])
    source = [Float](repeating: 0, count: imageShape.count)
    taps = [Int32](repeating: 0, count: height * width)
  }

  /// Transforms the first `poses.count` images of `images`, `[n, c, h, w]`, each by its pose.
  ///
  /// - Precondition: the images are of the resampler's shape, and at least as many as the poses.
  public mutating func transform(_ images: inout Tensor, poses: [Pose]) {
    precondition(
      images.shape.sizes.dropFirst().elementsEqual(imageShape.sizes) && poses.count <= images.shape[0],
      "\(poses.count) poses for images of shape \(images.shape)")
    let size = imageShape.count
    images.values.withUnsafeMutableBufferPointer { pixels in
      for (row, pose) in poses.enumerated() {
        transform(UnsafeMutableBufferPointer(rebasing: pixels[row * size..<(row + 1) * size]), pose: pose)
      }
    }
  }

  /// Transforms one image, `[c, h, w]`, where it lies.
  ///
  /// - Precondition: it has as many pixels as the resampler's shape; the pose's angle is finite.
  public mutating func transform(_ image: UnsafeMutableBufferPointer<Float>, pose: Pose) {
    precondition(image.count == imageShape.count && pose.degrees.isFinite, "no such image or pose")
    if pose.isCroppedOrFlipped {
      let last = width - 1
      findTaps { x, y in ((pose.isFlipped ? last - x : x) + pose.cropX, y + pose.cropY) }
      gather(image)
    }
    guard pose.isTurnedOrMoved else { return }
    let map = AffineMap(pose, width: width, height: height)
    switch interpolation {
    case .nearest:
      if map.b == 0 && map.d == 0 { findStraightTaps(map) } else { findTaps(map) }
      gather(image)
    case .bilinear: blend(image, map)
    }
  }
}

// MARK: - One pixel from one pixel

extension Resampler {
  /// Pixels from those at `taps`, black for a negative one.
  private mutating func gather(_ image: UnsafeMutableBufferPointer<Float>) {
    keep(image)
    let plane = height * width
    source.withUnsafeBufferPointer { source in
      taps.withUnsafeBufferPointer { taps in
        for channel in 0..<channels {
          let first = channel * plane
          for pixel in 0..<plane {
            let tap = Int(taps[pixel])
            image[first + pixel] = tap < 0 ? 0 : source[first + tap]
          }
        }
      }
    }
  }

  private mutating func keep(_ image: UnsafeMutableBufferPointer<Float>) {
    source.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: image) }
  }

  /// Fills `taps` with the pixel that `place` names for each.
  @inline(__always)
  private mutating func findTaps(_ place: (_ x: Int, _ y: Int) -> (x: Int, y: Int)) {
    taps.withUnsafeMutableBufferPointer { taps in
      var pixel = 0
      for y in 0..<height {
        for x in 0..<width {
          let (fromX, fromY) = place(x, y)
          let isInside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height
          taps[pixel] = isInside ? Int32(truncatingIfNeeded: fromY * width + fromX) : -1
          pixel += 1
        }
      }
    }
  }

  /// The taps of a rotation, in Pillow's arithmetic: whole numbers of 2^-16 pixels.
  private mutating func findTaps(_ map: AffineMap) {
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (a, b, d, e) = (fixed(map.a), fixed(map.b), fixed(map.d), fixed(map.e))
    let c = fixed(map.c + map.a * 0.5 + map.b * 0.5)
    let f = fixed(map.f + map.d * 0.5 + map.e * 0.5)
    findTaps { x, y in ((c &+ b &* y &+ a &* x) >> 16, (f &+ e &* y &+ d &* x) >> 16) }
  }

  /// The taps where rows stay rows: Pillow takes another way there, in floating point.
  private mutating func findStraightTaps(_ map: AffineMap) {
    func place(_ value: Double) -> Int { value < 0 ? -1 : Int(value) }
    let first = map.c + map.a * 0.5
    var (fromX, fromY) = (first, map.f + map.e * 0.5)
    findTaps { x, y in
      // Pillow adds a pixel at a time; a product would round otherwise, and move a pixel that falls between two.
      fromX = x == 0 ? first : fromX + map.a
      if x == 0 && y > 0 { fromY += map.e }
      return (place(fromX), place(fromY))
    }
  }
}

// MARK: - One pixel from four

extension Resampler {
  /// Bilinear pixels: at the image's edge the outermost pixels are repeated, beyond it all is black.
  private mutating func blend(_ image: UnsafeMutableBufferPointer<Float>, _ map: AffineMap) {
    keep(image)
    let plane = height * width
    source.withUnsafeBufferPointer { source in
      for y in 0..<height {
        for x in 0..<width {
          let from = map.place(x, y)
          let isInside = from.x >= 0 && from.x < Double(width) && from.y >= 0 && from.y < Double(height)
          let (columns, rows) = (neighbours(from.x, limit: width), neighbours(from.y, limit: height))
          for channel in 0..<channels {
            let first = channel * plane
            guard isInside else {
              image[first + y * width + x] = 0
              continue
            }
            let (upper, lower) = (first + rows.first * width, first + rows.second * width)
            let above = mix(source[upper + columns.first], source[upper + columns.second], columns.share)
            let below = mix(source[lower + columns.first], source[lower + columns.second], columns.share)
            image[first + y * width + x] = mix(above, below, rows.share)
          }
        }
      }
    }
  }

  /// The two pixels whose centres lie around `place`, within the image, and the second one's share.
  private func neighbours(_ place: Double, limit: Int) -> (first: Int, second: Int, share: Float) {
    let shifted = place - 0.5
    let floor = shifted.rounded(.down)
    // Far outside the answer is not used; the bounds keep the conversion from trapping.
    let first = Int(min(max(floor, -1), Double(limit)))
    return (min(max(first, 0), limit - 1), min(max(first + 1, 0), limit - 1), Float(shifted - floor))
  }

  private func mix(_ first: Float, _ second: Float, _ share: Float) -> Float { first + (second - first) * share }
}
