import Synchronization

/// A batch norm in training of maps that lie row-major, forward or backward, on all threads.
///
/// Norms over a group are of that kind, and the library has no fast kernel for them. A thread takes whole channels, so that
/// their maps stay in its cache from one round to the next, and no number depends on how many threads there are.
final class RowNormPass: HandwrittenPass {
  /// What both directions read; the statistics are written forward.
  struct Operands {
    let source, scale, shift, mean, variance: Memory
    let epsilon: Float
    let relu: Bool
  }

  private let operands: Operands
  /// What is written forward; backward the gradient of that, which becomes the source's.
  private let destination: Memory
  /// Where the gradients of scale and shift go, backward.
  private let gradients: (scale: Memory, shift: Memory)?
  private let images, channels, size: Int
  private let threads: Threads
  private let nextChannel = Atomic(0)

  private typealias Vector = SIMD16<Float>

  /// Whether maps of `layout` can be taken: row-major ones, as many numbers a channel as fill vectors.
  static func admits(_ layout: Layout) throws -> Bool {
    try layout == .plain(layout.sizes) && layout.sizes[2...].reduce(1, *).isMultiple(of: Vector.scalarCount)
  }

  /// Forward into `destination`; or, where there are `gradients`, backward in its place.
  init(_ operands: Operands, _ destination: Memory, gradients: (scale: Memory, shift: Memory)? = nil) {
    (self.operands, self.destination, self.gradients) = (operands, destination, gradients)
    let sizes = operands.source.layout.sizes
    (images, channels, size) = (sizes[0], sizes[1], sizes[2...].reduce(1, *))
    threads = Threads.current
  }

  var memories: [Memory] {
    [operands.source, operands.scale, operands.shift, operands.mean, operands.variance, destination]
      + (gradients.map { [$0.scale, $0.shift] } ?? [])
  }
  var algorithm: String { "" }
  var layoutText: String { operands.source.layout.text }
  var implementation: String { "rows" }

  func run() {
    nextChannel.store(0, ordering: .relaxed)
    threads.run(Unmanaged.passUnretained(self).toOpaque()) { context in
      guard let context else { return }
      Unmanaged<RowNormPass>.fromOpaque(context).takeUnretainedValue().work()
    }
  }

  /// Takes the channels that no other thread has taken.
  private func work() {
    guard let source = operands.source.floats.baseAddress, let destination = destination.floats.baseAddress else {
      preconditionFailure("memories are used before they are placed")
    }
    while true {
      let channel = nextChannel.wrappingAdd(1, ordering: .relaxed).oldValue
      guard channel < channels else { return }
      if let gradients {
        let (scale, shift) = backward(channel, UnsafeRawPointer(source), UnsafeMutableRawPointer(destination))
        gradients.scale.floats[channel] = scale
        gradients.shift.floats[channel] = shift
      } else {
        measure(channel, UnsafeRawPointer(source))
        forward(channel, UnsafeRawPointer(source), UnsafeMutableRawPointer(destination))
      }
    }
  }

  /// Writes the mean and the variance of a channel.
  private func measure(_ channel: Int, _ source: UnsafeRawPointer) {
    let count = Double(images * size)
    let mean = Float(total(channel) { source.vector($0) } / count)
    operands.mean.floats[channel] = mean
    operands.variance.floats[channel] = Float(
      total(channel) { place in
        let distance = source.vector(place) - mean
        return distance * distance
      } / count)
  }

  private func forward(_ channel: Int, _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer) {
    let (mean, factor, shift) = line(channel)
    let isCut = operands.relu
    forEachVector(channel) { place in
      let value = (source.vector(place) - mean) * factor + shift
      destination.store(isCut ? value.replacing(with: 0, where: value .< 0) : value, at: place)
    }
  }

  /// Turns the gradient of what was written into that of what was read; returns those of scale and shift.
  private func backward(
    _ channel: Int, _ source: UnsafeRawPointer, _ gradient: UnsafeMutableRawPointer
  ) -> (scale: Float, shift: Float) {
    let (mean, factor, shift) = line(channel)
    let (isCut, variance) = (operands.relu, operands.variance.floats[channel] + operands.epsilon)
    if isCut {
      forEachVector(channel) { place in
        let value = (source.vector(place) - mean) * factor + shift
        let arriving = UnsafeRawPointer(gradient).vector(place)
        gradient.store(arriving.replacing(with: 0, where: value .<= 0), at: place)
      }
    }
    let arriving = UnsafeRawPointer(gradient)
    let sum = total(channel) { arriving.vector($0) }
    let product = total(channel) { arriving.vector($0) * (source.vector($0) - mean) }
    let count = Double(images * size)
    let (average, slope) = (Float(sum / count), Float(product / count) / variance)
    forEachVector(channel) { place in
      let distance = source.vector(place) - mean
      gradient.store((arriving.vector(place) - average - distance * slope) * factor, at: place)
    }
    return (Float(product) / variance.squareRoot(), Float(sum))
  }

  /// The line `(x - mean) * factor + shift` of a channel.
  private func line(_ channel: Int) -> (mean: Float, factor: Float, shift: Float) {
    let deviation = (operands.variance.floats[channel] + operands.epsilon).squareRoot()
    return (
      operands.mean.floats[channel], operands.scale.floats[channel] / deviation, operands.shift.floats[channel]
    )
  }

  /// Sums up over a channel, in double precision from one image to the next.
  @inline(__always)
  private func total(_ channel: Int, _ term: (Int) -> Vector) -> Double {
    var total = 0.0
    for image in 0..<images {
      let start = (image * channels + channel) * size
      var sums = Vector()
      for place in stride(from: start, to: start + size, by: Vector.scalarCount) { sums += term(place) }
      total += Double(sums.sum())
    }
    return total
  }

  /// Runs `body` with the first place of every vector of a channel.
  @inline(__always)
  private func forEachVector(_ channel: Int, _ body: (Int) -> Void) {
    for image in 0..<images {
      let start = (image * channels + channel) * size
      for place in stride(from: start, to: start + size, by: Vector.scalarCount) { body(place) }
    }
  }
}

extension UnsafeRawPointer {
  @inline(__always)
  fileprivate func vector(_ place: Int) -> SIMD16<Float> {
    loadUnaligned(fromByteOffset: 4 * place, as: SIMD16<Float>.self)
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  fileprivate func store(_ vector: SIMD16<Float>, at place: Int) {
    storeBytes(of: vector, toByteOffset: 4 * place, as: SIMD16<Float>.self)
  }
}
