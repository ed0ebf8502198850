import CConvolutions

/// The product of images with a factor for each channel, in blocks of 16 channels or with the channels last; or the way back.
final class ChannelProductPass: HandwrittenPass {
  /// What is read and written; the factors and their gradients are images of one pixel.
  struct Operands {
    let images, factors: Memory
    /// The product, or its gradient on the way back.
    let product: Memory
    /// Where the gradients go that are wanted.
    var imageGradient, factorGradient: Memory?
  }

  private let operands: Operands
  private let isBackward: Bool
  private let images: cusp_images
  /// How many images the batch has.
  private let count: Int
  private let threads: Threads

  /// Whether there is such a pass for images of `layout`.
  static func admits(_ layout: Layout) throws -> Bool {
    let sizes = layout.sizes
    guard sizes.count == 4 else { return false }
    return try layout == .blocked(sizes) || layout == .channelsLast(sizes) && sizes[1] == filled(sizes[1])
  }

  /// All memories have one layout, but for the number of pixels.
  init(_ operands: Operands, isBackward: Bool) throws {
    (self.operands, self.isBackward) = (operands, isBackward)
    images = try cusp_images(operands.images.layout)
    count = operands.images.layout.sizes[0]
    threads = Threads.current
  }

  var memories: [Memory] {
    [operands.images, operands.factors, operands.product]
      + [operands.imageGradient, operands.factorGradient].compactMap { $0 }
  }
  var algorithm: String { "" }
  var layoutText: String { operands.images.layout.text }
  var implementation: String { "channel-product" }

  /// Runs on all threads.
  func run() {
    guard let x = operands.images.start, let factors = operands.factors.start, let y = operands.product.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let (images, blocks) = (images, images.channels / 16)
    let (dx, sums) = (operands.imageGradient?.start, operands.factorGradient?.start)
    threads.spread(count * blocks) { [isBackward] part in
      let (image, block) = part.quotientAndRemainder(dividingBy: blocks)
      let start = image * images.image_stride + block * images.block_stride
      // The factors of an image lie side by side in both layouts.
      let place = image * images.channels + block * 16
      let factor = UnsafeRawPointer(factors + place).loadUnaligned(as: SIMD16<Float>.self)
      var sum = SIMD16<Float>()
      for pixel in 0..<images.height * images.width {
        let offset = start + pixel * images.pixel_stride
        let value = UnsafeRawPointer(x + offset).loadUnaligned(as: SIMD16<Float>.self)
        guard isBackward else {
          UnsafeMutableRawPointer(y + offset).storeBytes(of: value * factor, as: SIMD16<Float>.self)
          continue
        }
        let slope = UnsafeRawPointer(y + offset).loadUnaligned(as: SIMD16<Float>.self)
        sum += slope * value
        if let dx { UnsafeMutableRawPointer(dx + offset).storeBytes(of: slope * factor, as: SIMD16<Float>.self) }
      }
      if let sums { UnsafeMutableRawPointer(sums + place).storeBytes(of: sum, as: SIMD16<Float>.self) }
    }
  }
}
