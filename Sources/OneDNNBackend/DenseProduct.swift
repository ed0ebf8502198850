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
  func weight(_ values: [Float]) -> [Float] {
    let (inputs, outputs, k) = (geometry.source[1], geometry.destination[1], geometry.kernelSize)
    let (pixels, results) = (sizes.inputs / inputs, sizes.outputs / outputs)
    var matrix = [Float](repeating: 0, count: sizes.outputs * sizes.inputs)
    for result in 0..<results {
      for pixel in 0..<pixels {
        guard let tap = tap(from: pixel, to: result) else { continue }
        for output in 0..<outputs {
          let row = (output * results + result) * sizes.inputs + pixel
          let taps = output * inputs * k * k + tap
          for input in 0..<inputs { matrix[row + input * pixels] = values[taps + input * k * k] }
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
