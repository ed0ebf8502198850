import CConvolutions

/// The gradient of a convolution with respect to images of one to three channels, such as pixels.
///
/// The library fills up channels to blocks of 16, of which nearly all is padding here. Each thread takes whole images,
/// whose masked gradients stay in its cache from the mask of the result's ReLU on.
final class NarrowGradientPass: HandwrittenPass {
  private let gradient, weights, destination: Memory
  /// The convolution's result after its ReLU, where the mask is still to be applied.
  private let mask: Memory?
  private let results: cusp_images
  private let narrow: cusp_narrow
  private let rows: ActiveRows
  private let threads: Threads

  /// Whether there is such a kernel for `geometry`.
  static func admits(_ geometry: ConvolutionGeometry) -> Bool {
    Engine.hasHandwrittenProducts && geometry.isSquare && geometry.groups == 1
      && geometry.source[1] <= 3
  }

  /// From the `gradient` of the result, in blocks of 16 channels or with the channels last, which the mask changes, to a row-major `destination`.
  init(
    _ geometry: ConvolutionGeometry, gradient: Memory, mask: Memory?, weights: Memory, destination: Memory,
    rows: ActiveRows
  ) throws {
    (self.gradient, self.mask, self.weights, self.destination) = (gradient, mask, weights, destination)
    self.rows = rows
    results = try cusp_images(gradient.layout)
    narrow = cusp_narrow(geometry)
    threads = Threads.current
  }

  var memories: [Memory] { [gradient, weights, destination] + (mask.map { [$0] } ?? []) }
  var algorithm: String { ConvolutionAlgorithm.direct.rawValue }
  var layoutText: String { "\(gradient.layout.text)>\(destination.layout.text)" }
  var implementation: String { "narrow:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    guard let gradient = gradient.start, let weights = weights.start, let destination = destination.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let values = mask?.start
    let size = narrow.channels * narrow.height * narrow.width
    threads.spread(rows.count) { [results, narrow] image in
      var (results, narrow) = (results, narrow)
      let slope = gradient + image * results.image_stride
      if let values { kernelSet.narrow_mask(values + image * results.image_stride, slope, results.image_stride / 16) }
      kernelSet.narrow_gradient(&results, &narrow, slope, weights, destination + image * size)
    }
  }
}

/// The weights of a convolution for `NarrowGradientPass`: `[k, k, c, o]`, the channels of the result side by side.
struct NarrowFilter: PackedFilter {
  let shape: FilterShape

  init(_ geometry: ConvolutionGeometry) { shape = FilterShape(geometry, isBackward: true) }

  var count: Int { shape.taps * shape.outputs * inputs }
  var algorithm: ConvolutionAlgorithm { .direct }

  func pack(_ values: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs range: Range<Int>) {
    for tap in 0..<shape.taps {
      for output in 0..<shape.outputs {
        for input in range {
          let value = input < shape.inputs ? values[input * shape.inputStride + output * shape.outputStride + tap] : 0
          packed[(tap * shape.outputs + output) * inputs + input] = value
        }
      }
    }
  }
}
