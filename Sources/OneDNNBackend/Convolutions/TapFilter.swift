/// The weights of a convolution as a matrix for each tap of the kernel, in the order of the taps.
struct TapFilter: PackedFilter {
  let shape: FilterShape

  var count: Int { shape.taps * inputs * outputs }
  var algorithm: ConvolutionAlgorithm { .implicitGEMM }

  /// Where the matrix of `tap` begins.
  func start(of tap: Int) -> Int { tap * inputs * outputs }

  func pack(
    _ values: UnsafeBufferPointer<Float>, into packed: UnsafeMutableBufferPointer<Float>, inputs range: Range<Int>
  ) {
    precondition(values.count == shape.count, "weights of another convolution")
    for column in stride(from: 0, to: outputs, by: 64) {
      let width = min(64, outputs - column)
      for input in range {
        let row = column * inputs + input * width
        for tap in 0..<shape.taps {
          packed[start(of: tap) + row..<start(of: tap) + row + width].update(repeating: 0)
        }
        guard input < shape.inputs else { continue }
        for output in column..<min(column + width, shape.outputs) {
          let kernel = input * shape.inputStride + output * shape.outputStride
          for tap in 0..<shape.taps { packed[start(of: tap) + row + output - column] = values[kernel + tap] }
        }
      }
    }
  }
}
