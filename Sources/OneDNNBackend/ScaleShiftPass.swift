import CConvolutions

/// Images times one number a channel, plus another; then their ReLU, if wanted.
struct ScaleShiftPass: HandwrittenPass {
  private let source, scale, destination: Memory
  private let shift: Memory?
  private let relu: Bool
  private let images: cusp_images
  private let rows: ActiveRows
  private let threads = Threads.current

  /// Whether images lie so that there is such a pass here: in blocks of 16 channels, or with the channels last if they fill
  /// such.
  static func admits(_ layout: Layout) throws -> Bool {
    let sizes = layout.sizes
    guard Engine.hasHandwrittenProducts, sizes.count == 4 else { return false }
    if try layout == .blocked(sizes) { return true }
    return try layout == .channelsLast(sizes) && sizes[1].isMultiple(of: 16)
  }

  /// `source` and `destination` have one layout, and may be one; `scale` and `shift` are in blocks of 16.
  init(
    _ source: Memory, scale: Memory, shift: Memory? = nil, relu: Bool = false, into destination: Memory,
    rows: ActiveRows
  ) throws {
    (self.source, self.scale, self.shift, self.destination) = (source, scale, shift, destination)
    (self.relu, self.rows) = (relu, rows)
    images = try cusp_images(source.layout)
  }

  var memories: [Memory] { [source, scale, destination] + (shift.map { [$0] } ?? []) }
  var algorithm: String { "" }
  var layoutText: String { source.layout.text }
  var implementation: String { "scale:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    guard let source = source.start, let scale = scale.start, let destination = destination.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let (blocks, shift, relu): (Int, UnsafeMutablePointer<Float>?, Int32) = (
      images.channels / 16, shift?.start, self.relu ? 1 : 0
    )
    threads.spread(rows.count * blocks) { [images] task in
      var images = images
      let (image, block) = task.quotientAndRemainder(dividingBy: blocks)
      let place = image * images.image_stride + block * images.block_stride
      kernelSet.scale_shift(
        &images, source + place, scale + block * 16, shift.map { UnsafePointer($0 + block * 16) }, relu,
        destination + place)
    }
  }
}
