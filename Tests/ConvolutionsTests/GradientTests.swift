import CConvolutions
import Testing

@Suite("Gradients of narrow images and of depthwise filters, against plain loops") struct GradientTests {
  @Test(
    "The gradient of images of one to three channels", arguments: KernelSet.all,
    [1, 2, 3].flatMap { [(channels: $0, isLast: false), (channels: $0, isLast: true)] })
  func narrow(set: KernelSet, shape: (channels: Int, isLast: Bool)) {
    let (channels, isLast) = shape
    for (height, width, kernel, stride, border) in [
      (5, 9, 3, 1, 1), (8, 8, 3, 1, 0), (4, 17, 5, 1, 2), (3, 3, 1, 1, 0), (9, 37, 7, 2, 3), (7, 8, 1, 2, 0),
      (8, 41, 2, 3, 1), (6, 34, 4, 2, 0),
    ] {
      let windows = [height, width].map { ($0 + 2 * border - kernel) / stride + 1 }
      let slopes = Images(1, 32, windows[0], windows[1], isLast: isLast, seed: 11)
      // [kernel, kernel, channels, result's channels]
      let weights = numbers(kernel * kernel * channels * 32, 12)
      var layout = slopes.layout
      var narrow = cusp_narrow(
        height: height, width: width, channels: channels, kernel: kernel, stride: stride, border: border)
      var pixels = [Float](repeating: .nan, count: channels * height * width)
      set.functions.narrow_gradient(&layout, &narrow, slopes.values, weights, &pixels)
      for channel in 0..<channels {
        for y in 0..<height {
          for x in 0..<width {
            var sum = 0.0
            for down in 0..<kernel where (y + border - down).isMultiple(of: stride) {
              for right in 0..<kernel where (x + border - right).isMultiple(of: stride) {
                for output in 0..<32 {
                  let weight = weights[((down * kernel + right) * channels + channel) * 32 + output]
                  let slope = slopes[0, output, (y + border - down) / stride, (x + border - right) / stride]
                  sum += Double(weight) * Double(slope)
                }
              }
            }
            #expect(abs(Double(pixels[(channel * height + y) * width + x]) - sum) < 1e-4)
          }
        }
      }
    }
  }

  @Test("A mask keeps what was above zero", arguments: KernelSet.all)
  func mask(set: KernelSet) {
    var values = numbers(48, 13)
    values[5] = .nan
    values[6] = -0.0
    values[7] = .leastNonzeroMagnitude
    let before = numbers(48, 14)
    var gradient = before
    set.functions.narrow_mask(values, &gradient, 3)
    for i in values.indices { #expect(gradient[i] == (values[i] > 0 ? before[i] : 0)) }
  }

  @Test("The gradient of depthwise filters, with strides, dilations and uneven margins", arguments: KernelSet.all)
  func depthwise(set: KernelSet) {
    for (size, kernel, step, apart, margins) in [
      ((6, 9), (3, 3), (1, 1), (1, 1), (1, 1)), ((9, 6), (5, 7), (2, 2), (1, 1), (2, 3)),
      ((8, 8), (3, 2), (1, 2), (2, 1), (0, 1)), ((1, 1), (1, 1), (1, 1), (1, 1), (0, 0)),
    ] {
      let source = Images(1, 16, size.0, size.1, seed: 15)
      let height = (size.0 + 2 * margins.0 - (kernel.0 - 1) * apart.0 - 1) / step.0 + 1
      let width = (size.1 + 2 * margins.1 - (kernel.1 - 1) * apart.1 - 1) / step.1 + 1
      let slopes = Images(1, 16, height, width, seed: 16)
      var (from, to) = (source.layout, slopes.layout)
      var windows = cusp_windows(
        kernel_height: kernel.0, kernel_width: kernel.1, stride_height: step.0, stride_width: step.1,
        dilation_height: apart.0, dilation_width: apart.1, top: margins.0, left: margins.1)
      let before = numbers(kernel.0 * kernel.1 * 16, 17)
      for adds in [false, true] {
        var filters = before
        set.functions.depthwise_gradient(&from, &to, &windows, source.values, slopes.values, adds ? 1 : 0, &filters)
        for tap in 0..<kernel.0 * kernel.1 {
          for channel in 0..<16 {
            var sum = adds ? Double(before[tap * 16 + channel]) : 0
            for y in 0..<height {
              for x in 0..<width {
                let row = y * step.0 + tap / kernel.1 * apart.0 - margins.0
                let column = x * step.1 + tap % kernel.1 * apart.1 - margins.1
                sum += Double(slopes[0, channel, y, x]) * Double(source[0, channel, row, column])
              }
            }
            #expect(abs(Double(filters[tap * 16 + channel]) - sum) < 1e-4)
          }
        }
      }
    }
  }

  @Test("The sums of channels over an image", arguments: KernelSet.all, [false, true])
  func sums(set: KernelSet, isLast: Bool) {
    let image = Images(1, 16, 5, 3, isLast: isLast, seed: 18)
    var layout = image.layout
    var sums = [Float](repeating: 1, count: 16)
    set.functions.channel_sums(&layout, image.values, 1, &sums)
    for channel in 0..<16 {
      var sum: Float = 1
      for y in 0..<5 { for x in 0..<3 { sum += image[0, channel, y, x] } }
      #expect(abs(sums[channel] - sum) < 1e-5)
    }
  }

  @Test("Images times one number a channel, plus another", arguments: KernelSet.all, [false, true])
  func scaling(set: KernelSet, isLast: Bool) {
    let image = Images(1, 32, 5, 3, isLast: isLast, seed: 19)
    let (scale, shift) = (numbers(16, 20), numbers(16, 21))
    for (adds, relu) in [(false, false), (true, false), (true, true)] {
      var (layout, result) = (image.layout, Images(1, 32, 5, 3, isLast: isLast))
      let second = layout.block_stride
      image.values.withUnsafeBufferPointer { source in
        result.values.withUnsafeMutableBufferPointer { made in
          guard let source = source.baseAddress, let made = made.baseAddress else { return }
          shift.withUnsafeBufferPointer {
            set.functions.scale_shift(
              &layout, source + second, scale, adds ? $0.baseAddress : nil, relu ? 1 : 0, made + second)
          }
        }
      }
      for channel in 0..<16 {
        for y in 0..<5 {
          for x in 0..<3 {
            let sum =
              Double(image[0, 16 + channel, y, x]) * Double(scale[channel]) + (adds ? Double(shift[channel]) : 0)
            #expect(abs(Double(result[0, 16 + channel, y, x]) - (relu ? max(sum, 0) : sum)) < 1e-6)
            #expect(result[0, channel, y, x] == 0)
          }
        }
      }
    }
  }
}
