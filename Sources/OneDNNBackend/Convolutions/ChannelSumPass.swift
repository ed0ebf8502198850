import CConvolutions

/// The gradient of a convolution's bias: the sums of its result's gradient over all pixels of the batch, channel by channel.
///
/// The batch falls into parts whose sums are added in order at the end, so that no bit depends on the number of threads.
struct ChannelSumPass: HandwrittenPass {
  private let gradient, bias: Memory
  /// `[parts, channels]`.
  private let sums: Memory
  private let images: cusp_images
  private let parts: [Range<Int>]
  private let threads = Threads.current

  /// From a `gradient` in one of the two layouts of `cusp_images` into `bias`, one number a channel.
  init(_ gradient: Memory, into bias: Memory, in recorder: Recorder) throws {
    (self.gradient, self.bias) = (gradient, bias)
    images = try cusp_images(gradient.layout)
    parts = batchParts(gradient.layout.sizes[0])
    sums = try recorder.memory(.plain([parts.count * images.channels]))
  }

  var memories: [Memory] { [gradient, sums, bias] }
  var algorithm: String { "" }
  var layoutText: String { gradient.layout.text }
  var implementation: String { "sums:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    guard let gradient = gradient.start, let sums = sums.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let blocks = images.channels / 16
    threads.spread(parts.count * blocks) { [images, parts] task in
      var images = images
      let (part, block) = task.quotientAndRemainder(dividingBy: blocks)
      for image in parts[part] {
        kernelSet.channel_sums(
          &images, gradient + image * images.image_stride + block * images.block_stride,
          image == parts[part].lowerBound ? 0 : 1, sums + task * 16)
      }
    }
    for channel in bias.floats.indices {
      bias.floats[channel] = parts.indices.reduce(0) { $0 + sums[$1 * images.channels + channel] }
    }
  }
}

/// The images `0..<count` in at most four parts, the same whatever the threads.
func batchParts(_ count: Int) -> [Range<Int>] {
  let size = (count + 3) / 4
  return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}
