import CConvolutions
import Testing

@Suite("Matrix products and what surrounds them, against plain loops") struct ProductTests {
  @Test(
    "Every result is one sum in the order of the inputs, to the bit, in rounds of any depth", arguments: KernelSet.all,
    [1, 32, 128, 192, 1000])
  func product(set: KernelSet, depth: Int) {
    for (rows, inputs, outputs) in [(1, 1, 16), (5, 16, 32), (6, 130, 48), (7, 33, 64), (13, 48, 80), (12, 5, 144)] {
      let (left, right) = (numbers(rows * inputs, 1), numbers(inputs * outputs, 2))
      for adds in [false, true] {
        var result = adds ? numbers(rows * outputs, 3) : [Float](repeating: .nan, count: rows * outputs)
        var expected = result
        for row in 0..<rows {
          for output in 0..<outputs {
            var sum = adds ? expected[row * outputs + output] : 0
            for input in 0..<inputs {
              sum.addProduct(right[input * outputs + output], left[row * inputs + input])
            }
            expected[row * outputs + output] = sum
          }
        }
        set.functions.product(
          rows, left, inputs, set.panels(right, inputs: inputs, outputs: outputs), depth, adds ? 1 : 0, &result, outputs
        )
        #expect(result == expected, "\(rows) x \(inputs) x \(outputs)")
      }
    }
  }

  @Test(
    "Products of channels are one sum each in the order of the places, to the bit, in rounds of any depth",
    arguments: KernelSet.all, [1, 7, 36, 128])
  func outer(set: KernelSet, depth: Int) {
    for (places, rows, columns) in [(1, 16, 16), (37, 48, 16), (5, 16, 80), (130, 32, 48)] {
      let stride = 16 * (places + 1)
      // Thirds round at every step.
      let left = numbers(rows / 16 * stride, 12).map { $0 / 3 }
      let right = numbers(columns / 16 * stride, 13).map { $0 / 3 }
      for adds in [false, true] {
        var sums = adds ? numbers(rows * columns, 14) : [Float](repeating: .nan, count: rows * columns)
        let expected = sums.indices.map { index in
          let (row, column) = index.quotientAndRemainder(dividingBy: columns)
          var sum = adds ? sums[index] : 0
          for place in 0..<places {
            sum.addProduct(
              right[column / 16 * stride + 16 * place + column % 16], left[row / 16 * stride + 16 * place + row % 16])
          }
          return sum
        }
        set.functions.outer_product(places, left, right, stride, depth, rows, columns, adds ? 1 : 0, &sums)
        #expect(sums == expected, "\(places) places, \(rows) x \(columns)")
      }
    }
  }

  @Test("Weights are laid out in panels, whichever way they lie; what fills them is zero", arguments: KernelSet.all)
  func packing(set: KernelSet) {
    // Rows of the matrix before those that are packed, and after.
    let (before, count, behind, outputs, columns) = (3, 21, 2, 75, 80)
    for (inputStride, outputStride) in [(1, 30), (9, 200), (80, 1)] {
      let values = numbers(24 * inputStride + outputs * outputStride, 15)
      // The last of the inputs is not there.
      var kernels = cusp_kernels(
        inputs: 24, outputs: outputs, input_stride: inputStride, output_stride: outputStride, flipped: 0)
      let rows = before + count + behind
      var found = [Float](repeating: 7, count: rows * columns)
      set.functions.pack(&kernels, values, 4, count, &found, before, rows, columns)
      let matrix = (0..<rows * columns).map { place in
        let (row, column) = place.quotientAndRemainder(dividingBy: columns)
        guard (before..<before + count).contains(row) else { return Float(7) }
        let input = row - before + 4
        return input < 24 && column < outputs ? values[input * inputStride + column * outputStride] : 0
      }
      #expect(found == set.panels(matrix, inputs: rows, outputs: columns))
    }
  }

  @Test("Groups of channels keep apart, with what follows the product", arguments: KernelSet.all, [5, 128])
  func groups(set: KernelSet, depth: Int) {
    let (rows, channels, inputs, outputs, channel) = (53, 40, 12, 20, 8)
    let left = numbers(rows * channels, 4)
    let right = numbers(inputs * outputs, 5)
    let bias = numbers(channel + outputs, 6)
    // Each row of the weights is filled up to whole vectors.
    var padded = [Float](repeating: 0, count: inputs * 32)
    for input in 0..<inputs {
      for output in 0..<outputs { padded[input * 32 + output] = right[input * outputs + output] }
    }
    let panels = set.panels(padded, inputs: inputs, outputs: 32)
    for (accumulates, relu) in [(false, false), (true, false), (false, true), (true, true)] {
      let before = numbers(rows * channels, 7)
      var result = before
      bias.withUnsafeBufferPointer { bias in
        var epilogue = cusp_epilogue(
          bias: bias.baseAddress, accumulates: accumulates ? 1 : 0, relu: relu ? 1 : 0, streams: 0, addend: 0, mask: 0)
        left.withUnsafeBufferPointer { left in
          guard let start = left.baseAddress else { return }
          set.functions.group_product(
            rows, start + 3, channels, inputs, panels, depth, &epilogue, channel, outputs, &result, channels)
        }
      }
      for row in 0..<rows {
        for output in 0..<channels {
          guard (channel..<channel + outputs).contains(output) else {
            #expect(result[row * channels + output] == before[row * channels + output])
            continue
          }
          var sum: Float = 0
          for input in 0..<inputs {
            sum.addProduct(right[input * outputs + output - channel], left[row * channels + 3 + input])
          }
          sum += bias[output]
          if accumulates { sum += before[row * channels + output] }
          if relu { sum = max(sum, 0) }
          #expect(result[row * channels + output] == sum)
        }
      }
    }
  }

  @Test("What is added, and what masks, may lie elsewhere", arguments: KernelSet.all, [false, true])
  func elsewhere(set: KernelSet, isLast: Bool) {
    let other = Images(1, 32, 3, 4, isLast: isLast, seed: 10)
    let part = Images(12, 32, 1, 1, seed: 11).values
    let distance = other.values.count
    for (adds, masks) in [(true, false), (false, true), (true, true)] {
      var memory = [Float](repeating: .nan, count: distance) + other.values
      var (to, grid) = (other.layout, cusp_pixel_grid(rows: 3, columns: 4, top: 0, left: 0, step: 1, source_step: 1))
      var epilogue = cusp_epilogue(
        bias: nil, accumulates: adds ? 1 : 0, relu: 0, streams: 0, addend: distance, mask: masks ? distance : 0)
      set.functions.tap_gather(&to, &grid, &epilogue, part, 0, 12, &memory)
      #expect(Array(memory.suffix(distance)) == other.values)
      var result = other
      result.values = Array(memory.prefix(distance))
      for pixel in 0..<12 {
        for channel in 0..<32 {
          let there = other[0, channel, pixel / 4, pixel % 4]
          let sum = part[pixel * 32 + channel] + (adds ? there : 0)
          #expect(result[0, channel, pixel / 4, pixel % 4] == (masks && there <= 0 ? 0 : sum))
        }
      }
    }
  }

  @Test("Pixels are taken for a tap and brought back", arguments: KernelSet.all, [false, true])
  func taps(set: KernelSet, isLast: Bool) {
    let source = Images(2, 32, 5, 7, isLast: isLast, seed: 8)
    var result = Images(2, 32, 3, 4, isLast: isLast, seed: 9)
    let before = result
    var (from, to) = (source.layout, result.layout)
    var grid = cusp_pixel_grid(rows: 3, columns: 4, top: 0, left: 0, step: 1, source_step: 2)
    let (first, count) = (5, 14)
    for (down, right) in [(-1, -1), (0, 1), (1, 0)] {
      var part = [Float](repeating: .nan, count: count * 32)
      set.functions.tap_scatter(&from, &grid, down, right, source.values, first, count, &part, 32, 16)
      for pixel in 0..<count {
        let (image, y, x) = ((first + pixel) / 12, (first + pixel) % 12 / 4, (first + pixel) % 4)
        for channel in 0..<32 {
          #expect(part[pixel * 32 + channel] == source[image, channel, 2 * y + down, 2 * x + right])
        }
      }
      var blocks = part
      set.functions.tap_scatter(&from, &grid, down, right, source.values, first, count, &blocks, 16, 16 * count)
      let turned = (0..<part.count).map { part[$0 / 16 % count * 32 + $0 / 16 / count * 16 + $0 % 16] }
      #expect(blocks == turned, "one block of channels after another")
      var epilogue = cusp_epilogue(bias: nil, accumulates: 1, relu: 1, streams: 0, addend: 0, mask: 0)
      result = before
      set.functions.tap_gather(&to, &grid, &epilogue, part, first, count, &result.values)
      for pixel in 0..<24 {
        let (image, y, x) = (pixel / 12, pixel % 12 / 4, pixel % 4)
        for channel in 0..<32 {
          let old = before[image, channel, y, x]
          let inside = (first..<first + count).contains(pixel)
          let added = inside ? max(old + part[(pixel - first) * 32 + channel], 0) : old
          #expect(result[image, channel, y, x] == added)
        }
      }
    }
  }
}
