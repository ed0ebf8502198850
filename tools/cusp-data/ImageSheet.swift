import Datasets
import Failures
import ImageFiles
import Tensors

/// Images side by side in one, in rows, enlarged by whole factors where they are small.
struct ImageSheet {
  /// Pixels between two images, and around all.
  private static let gap = 2
  /// How wide small images become at least.
  private static let leastSide = 64
  private static let imagesPerRow = 8

  /// The image of all.
  let image: PixelImage

  /// A sheet of `images`.
  ///
  /// - Throws: `.usage` for images of other channels than 1 or 3.
  init(of images: LabeledImages) throws {
    let sizes = images.imageShape.sizes
    let (channels, height, width) = (sizes[0], sizes[1], sizes[2])
    guard [1, 3].contains(channels) else {
      throw Failure(.usage, "\(images.name): images of \(channels) channels; those of 1 and 3 can be shown")
    }
    let factor = max(1, Self.leastSide / max(1, max(height, width)))
    let columns = min(images.count, Self.imagesPerRow)
    let rows = (images.count + columns - 1) / columns
    let (stepX, stepY) = (width * factor + Self.gap, height * factor + Self.gap)
    let (fullWidth, fullHeight) = (columns * stepX + Self.gap, rows * stepY + Self.gap)
    var pixels = [UInt8](repeating: 255, count: fullWidth * fullHeight * channels)
    for (place, index) in images.indices.enumerated() {
      let planes = images.bytes(of: index)
      let (left, top) = (Self.gap + place % columns * stepX, Self.gap + place / columns * stepY)
      for y in 0..<height * factor {
        for x in 0..<width * factor {
          for channel in 0..<channels {
            pixels[((top + y) * fullWidth + left + x) * channels + channel] =
              planes[(channel * height + y / factor) * width + x / factor]
          }
        }
      }
    }
    image = PixelImage(width: fullWidth, height: fullHeight, channels: channels, pixels: pixels)
  }
}

extension LabeledImages {
  /// The image at `index` as bytes `[c, h, w]`, rounded where its pixels lie between levels.
  func bytes(of index: Int) -> [UInt8] { values(of: index).map { UInt8(($0 * 255).rounded()) } }

  /// The pixels of the image at `index`, `[c, h, w]`.
  func values(of index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: imageShape.count) { buffer, initialized in
      writePixels(of: index, into: UnsafeMutableBufferPointer(rebasing: buffer[..<imageShape.count]))
      initialized = imageShape.count
    }
  }
}
