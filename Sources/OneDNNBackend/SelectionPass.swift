/// Some channels of images in blocks of 16 channels or with the channels last, in any order; or the way back.
final class SelectionPass: HandwrittenPass {
  private let source, destination: Memory
  private let from, to: Pixels
  /// How many lines of pixels the batch has, an image, and how many pixels a line.
  private let lines, height, width: Int
  /// Channels that move side by side: where they lie in a pixel of the source, and where in one of the destination; and
  /// those that move alone.
  private var runs: [(from: Int, to: Int, count: Int)] = []
  private var moves: [(from: Int, to: Int)] = []
  /// Those that are added to what has moved.
  private var additions: [(from: Int, to: Int)] = []
  /// Where in a pixel of the destination zeros lie.
  private var gaps: [Int] = []
  private let threads: Threads

  /// Whether there is such a pass between images of these layouts.
  static func admits(_ layout: Layout) throws -> Bool {
    let sizes = layout.sizes
    return try sizes.count == 4 && (layout == .blocked(sizes) || layout == .channelsLast(sizes))
  }

  /// Channel `i` of `destination` becomes channel `channels[i]` of `source`, or 0; going back, each channel becomes the sum of
  /// those that were made of it.
  init(_ channels: [Int?], from source: Memory, to destination: Memory, isBackward: Bool) throws {
    (self.source, self.destination) = (source, destination)
    (from, to) = (try Pixels(source.layout), try Pixels(destination.layout))
    let sizes = source.layout.sizes
    (lines, height, width) = (sizes[0] * sizes[2], sizes[2], sizes[3])
    threads = Threads.current
    var isWritten = [Bool](repeating: false, count: to.channels)
    for (place, channel) in channels.enumerated() {
      guard let channel else { continue }
      let target = isBackward ? channel : place
      let (start, end) = (from.offset(of: isBackward ? place : channel), to.offset(of: target))
      if isWritten[target] { additions.append((start, end)) } else { move(start, end) }
      isWritten[target] = true
    }
    moves = runs.filter { $0.count < Self.shortest }.flatMap { run in
      (0..<run.count).map { (run.from + $0, run.to + $0) }
    }
    runs.removeAll { $0.count < Self.shortest }
    gaps = isWritten.indices.filter { !isWritten[$0] }.map(to.offset)
  }

  /// From how many channels on a run is copied as one.
  private static let shortest = 8

  private func move(_ start: Int, _ end: Int) {
    if let last = runs.last, last.from + last.count == start, last.to + last.count == end {
      runs[runs.count - 1].count += 1
    } else {
      runs.append((start, end, 1))
    }
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
    threads.spread(lines) { [from, to, height, width, runs, moves, additions, gaps] line in
      let (image, row) = line.quotientAndRemainder(dividingBy: height)
      var x = source + image * from.imageStride + row * from.rowStride
      var y = destination + image * to.imageStride + row * to.rowStride
      for _ in 0..<width {
        for run in runs { (y + run.to).update(from: x + run.from, count: run.count) }
        for move in moves { y[move.to] = x[move.from] }
        for addition in additions { y[addition.to] += x[addition.from] }
        for gap in gaps { y[gap] = 0 }
        (x, y) = (x + from.pixelStride, y + to.pixelStride)
      }
    }
  }
}

/// How the pixels of images lie: the distance in floats between images, rows and pixels, and where their channels are.
private struct Pixels {
  /// Those that fill the last block among them.
  let channels: Int
  let imageStride, rowStride, pixelStride: Int
  private let blockStride: Int

  init(_ layout: Layout) throws {
    let sizes = layout.sizes
    let isLast = try layout == .channelsLast(sizes)
    channels = isLast ? sizes[1] : filled(sizes[1])
    pixelStride = isLast ? channels : 16
    rowStride = sizes[3] * pixelStride
    blockStride = isLast ? 16 : sizes[2] * rowStride
    imageStride = channels * sizes[2] * sizes[3]
  }

  /// Where a channel lies in a pixel, from where the first pixel's first is.
  func offset(of channel: Int) -> Int { channel / 16 * blockStride + channel % 16 }
}
