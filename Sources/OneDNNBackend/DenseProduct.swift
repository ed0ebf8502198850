/// A convolution written out as one matrix product over whole images, each `[c, h, w]` row-major.
struct DenseProduct {
  private let geometry: ConvolutionGeometry

  /// For a convolution in one group.
  init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

  var sizes: DenseSizes {
    DenseSizes(
      batchSize: geometry.source[0], inputs: geometry.source[1...].reduce(1, *),
      outputs: geometry.destination[1...].reduce(1, *))
  }

  /// The matrix `[outputs, inputs]` of the weights `[o, i, k, k]`: zero where a pixel does not see another.
  func weight(_ values: UnsafeBufferPointer<Float>) -> [Float] {
    let (inputs, outputs, taps) = (geometry.source[1], geometry.destination[1], geometry.weights[2...].reduce(1, *))
    let (pixels, results) = (sizes.inputs / inputs, sizes.outputs / outputs)
    let ways = (0..<results).flatMap { result in
      (0..<pixels).compactMap { pixel in tap(from: pixel, to: result).map { (pixel: pixel, result: result, tap: $0) } }
    }
    var matrix = [Float](repeating: 0, count: sizes.outputs * sizes.inputs)
    matrix.withUnsafeMutableBufferPointer { matrix in
      Threads.current.spread(outputs) { output in
        for way in ways {
          let row = (output * results + way.result) * sizes.inputs + way.pixel
          let filters = output * inputs * taps + way.tap
          for input in 0..<inputs { matrix[row + input * pixels] = values[filters + input * taps] }
        }
      }
    }
    return matrix
  }

  /// Which of the kernel's `k * k` weights leads from one pixel to another, if any does.
  private func tap(from pixel: Int, to result: Int) -> Int? {
    let (width, columns, k) = (geometry.source[3], geometry.destination[3], geometry.kernelSize)
    let y = pixel / width - result / columns * geometry.stride + geometry.border
    let x = pixel % width - result % columns * geometry.stride + geometry.border
    return (0..<k).contains(y) && (0..<k).contains(x) ? y * k + x : nil
  }

  /// The bias `[o]`, once for every pixel.
  func bias(_ values: [Float]) -> [Float] {
    values.flatMap { [Float](repeating: $0, count: geometry.destination[2] * geometry.destination[3]) }
  }
}
