import CConvolutions

/// Some channels of images in blocks of 16 channels or with the channels last, in any order; or the way back.
final class SelectionPass: HandwrittenPass {
  private let source, destination: Memory
  private let from, to: cusp_images
  /// How many images the batch has.
  private let count: Int
  /// Where each channel that is moved lies in a pixel of the source, and where in one of the destination.
  private let moves: [(from: Int, to: Int)]
  private let threads: Threads

  /// Whether there is such a pass between images of these layouts.
  static func admits(_ layouts: Layout...) throws -> Bool {
    try layouts.allSatisfy { layout in
      let sizes = layout.sizes
      guard sizes.count == 4 else { return false }
      return try layout == .blocked(sizes) || layout == .channelsLast(sizes) && sizes[1] == filled(sizes[1])
    }
  }

  /// Channel `i` of `destination` becomes channel `channels[i]` of `source`; going back, the other way round, and the
  /// channels that nothing was made of become 0.
  init(_ channels: [Int], from source: Memory, to destination: Memory, isBackward: Bool) throws {
    (self.source, self.destination) = (source, destination)
    let (from, to) = (try cusp_images(source.layout), try cusp_images(destination.layout))
    (self.from, self.to) = (from, to)
    count = source.layout.sizes[0]
    moves = channels.enumerated().map { place, channel in
      isBackward ? (from.offset(of: place), to.offset(of: channel)) : (from.offset(of: channel), to.offset(of: place))
    }
    threads = Threads.current
  }

  var memories: [Memory] { [source, destination] }
  var algorithm: String { "" }
  var layoutText: String { "\(source.layout.text)>\(destination.layout.text)" }
  var implementation: String { "selection" }

  /// Runs on all threads.
  func run() {
    guard let source = source.start, let destination = destination.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let (from, to, height) = (from, to, from.height)
    threads.spread(count * height) { [moves] line in
      let (image, row) = line.quotientAndRemainder(dividingBy: height)
      var x = source + image * from.image_stride + row * from.row_stride
      var y = destination + image * to.image_stride + row * to.row_stride
      for _ in 0..<from.width {
        for block in stride(from: 0, to: to.channels, by: 16) {
          (y + to.offset(of: block)).update(repeating: 0, count: 16)
        }
        for move in moves { y[move.to] = x[move.from] }
        (x, y) = (x + from.pixel_stride, y + to.pixel_stride)
      }
    }
  }
}

extension cusp_images {
  /// Where a channel lies in the first pixel.
  func offset(of channel: Int) -> Int { channel / 16 * block_stride + channel % 16 }
}
