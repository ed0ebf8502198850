import CConvolutions
import Testing

@Suite("Convolutions of images of few channels, against plain loops") struct NarrowTests {
  @Test("Columns of pixels times the weights of windows", arguments: KernelSet.all, 1...3)
  func columns(set: KernelSet, channels: Int) {
    let outputs = 70
    for (height, width, kernel, stride, border) in [
      (5, 9, 3, 1, 1), (8, 8, 3, 1, 0), (3, 3, 1, 1, 0), (9, 37, 7, 2, 3), (7, 8, 1, 2, 0), (8, 41, 2, 3, 1),
      (2, 2, 3, 1, 2),
    ] {
      let windows = [height, width].map { ($0 + 2 * border - kernel) / stride + 1 }
      let terms = kernel * kernel * channels
      let (pixels, bias) = (numbers(channels * height * width, 21), numbers(outputs, 22))
      // [kernel's columns, kernel's rows, channels, result's channels]
      let weights = numbers(terms * 80, 23)
      let panels = set.panels(weights, inputs: terms, outputs: 80)
      var narrow = cusp_narrow(
        height: height, width: width, channels: channels, kernel: kernel, stride: stride, border: border)
      let count = (windows[1] - 1) * stride + kernel
      var part = [Float](repeating: .nan, count: count * kernel * channels)
      var found = [Float](repeating: .nan, count: windows[1] * outputs)
      for y in 0..<windows[0] {
        set.functions.narrow_columns(&narrow, pixels, y, count, &part)
        bias.withUnsafeBufferPointer { bias in
          var epilogue = cusp_epilogue(bias: bias.baseAddress, accumulates: 0, relu: 1, streams: 0, addend: 0, mask: 0)
          set.functions.group_product(
            windows[1], part, stride * kernel * channels, terms, panels, 256, &epilogue, 0, outputs, &found, outputs)
        }
        for x in 0..<windows[1] {
          for output in 0..<outputs {
            var sum = Double(bias[output])
            for down in 0..<kernel {
              for right in 0..<kernel {
                let (row, column) = (y * stride - border + down, x * stride - border + right)
                guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
                for channel in 0..<channels {
                  let term = (right * kernel + down) * channels + channel
                  sum += Double(weights[term * 80 + output]) * Double(pixels[(channel * height + row) * width + column])
                }
              }
            }
            #expect(abs(Double(found[x * outputs + output]) - max(sum, 0)) < 1e-4)
          }
        }
      }
    }
  }
}
