import CConvolutions
import Testing

@Suite("Winograd's algorithm in both forms, against plain loops") struct WinogradTests {
  /// Images of a convolution with a 3x3 kernel, and its weights.
  private struct Case {
    let height, width, border: Int
    /// Whether by the form for images of 2x2.
    var is2x2 = false
    let count = 2
    let inputs = 16
    let outputs = 48
    /// `[outputs, inputs, 3, 3]`
    let weights = numbers(48 * 16 * 9, 21)
    var results: (height: Int, width: Int) { (height + 2 * border - 2, width + 2 * border - 2) }

    func kernels(flipped: Bool = false) -> cusp_kernels {
      flipped
        ? cusp_kernels(inputs: outputs, outputs: inputs, input_stride: inputs * 9, output_stride: 9, flipped: 1)
        : cusp_kernels(inputs: inputs, outputs: outputs, input_stride: 9, output_stride: inputs * 9, flipped: 0)
    }

    func form(_ set: KernelSet) -> cusp_winograd { is2x2 ? set.functions.winograd_2x2 : set.functions.winograd }

    func weight(_ output: Int, _ input: Int, _ down: Int, _ right: Int) -> Double {
      Double(weights[((output * inputs + input) * 3 + down) * 3 + right])
    }
  }

  private static let cases = [
    Case(height: 4, width: 4, border: 1), Case(height: 5, width: 9, border: 1), Case(height: 7, width: 6, border: 0),
    Case(height: 3, width: 8, border: 2), Case(height: 1, width: 1, border: 1),
    Case(height: 2, width: 2, border: 1, is2x2: true), Case(height: 2, width: 2, border: 1),
  ]

  /// The matrices of the weights, `[inputs, outputs]` in panels.
  private func matrices(_ form: cusp_winograd, _ weights: [Float], _ kernels: cusp_kernels) -> AlignedFloats {
    var kernels = kernels
    let parts = AlignedFloats(count: form.parts * kernels.inputs * kernels.outputs)
    let (inputs, outputs) = (kernels.inputs, kernels.outputs)
    form.kernels(&kernels, weights, 0, inputs, parts.start, inputs, outputs)
    return parts
  }

  /// Multiplies matrices of tiles with those of the weights.
  private func products(
    _ set: KernelSet, _ parts: [Float], _ matrices: AlignedFloats, tiles: Int, inputs: Int, outputs: Int
  ) -> [Float] {
    let count = tiles * inputs
    var results: [Float] = []
    for part in 0..<parts.count / count {
      let left = Array(parts[part * count..<(part + 1) * count])
      var result = [Float](repeating: 0, count: tiles * outputs)
      set.functions.product(tiles, left, inputs, matrices.start + part * inputs * outputs, 128, 0, &result, outputs)
      results += result
    }
    return results
  }

  /// What `gather` makes of the same products where numbers elsewhere are added and mask the sum, and what it should make.
  private func elsewhere(
    _ plain: Images, _ gather: (cusp_epilogue, UnsafeMutablePointer<Float>) -> Void
  ) -> (found: [Float], expected: [Float]) {
    let distance = plain.values.count
    let other = (0..<distance).map { Float($0 % 7 - 3) }
    var memory = [Float](repeating: .nan, count: distance) + other
    memory.withUnsafeMutableBufferPointer { memory in
      guard let start = memory.baseAddress else { return }
      gather(cusp_epilogue(bias: nil, accumulates: 1, relu: 0, streams: 0, addend: distance, mask: distance), start)
    }
    return (Array(memory.prefix(distance)), zip(plain.values, other).map { $1 > 0 ? $0 + $1 : 0 })
  }

  /// The convolution, or with flipped kernels the gradient of what it read.
  private func convolved(_ set: KernelSet, _ one: Case, _ source: Images, isLast: Bool, flipped: Bool) -> Images {
    let (form, kernels) = (one.form(set), one.kernels(flipped: flipped))
    let (height, width) = flipped ? (one.height, one.width) : one.results
    var result = Images(one.count, kernels.outputs, height, width, isLast: isLast)
    var (from, to) = (source.layout, result.layout)
    var tiles = cusp_tiles(
      rows: (height + 3) / 4, columns: (width + 3) / 4, border: flipped ? 2 - one.border : one.border)
    let count = one.count * tiles.rows * tiles.columns
    var parts = [Float](repeating: .nan, count: form.parts * count * kernels.inputs)
    form.scatter(
      &from, &tiles, source.values, 0, count, &parts, count * kernels.inputs, kernels.inputs, 16)
    let products = products(
      set, parts, matrices(form, one.weights, kernels), tiles: count, inputs: kernels.inputs, outputs: kernels.outputs)
    var epilogue = cusp_epilogue(bias: nil, accumulates: 0, relu: 0, streams: 0, addend: 0, mask: 0)
    form.gather(
      &to, &tiles, &epilogue, products, count * kernels.outputs, 0, count, &result.values)
    let ended = elsewhere(result) { epilogue, memory in
      var epilogue = epilogue
      form.gather(
        &to, &tiles, &epilogue, products, count * kernels.outputs, 0, count, memory)
    }
    #expect(ended.found == ended.expected)
    let streamed = AlignedFloats(count: result.values.count)
    epilogue.streams = 1
    form.gather(&to, &tiles, &epilogue, products, count * kernels.outputs, 0, count, streamed.start)
    #expect(streamed.values == result.values)
    return result
  }

  @Test("A convolution of any size and border, in both layouts", arguments: KernelSet.all, [false, true])
  func forward(set: KernelSet, isLast: Bool) {
    for one in Self.cases {
      let source = Images(one.count, one.inputs, one.height, one.width, isLast: isLast, seed: 22)
      let result = convolved(set, one, source, isLast: isLast, flipped: false)
      var expected = Images(one.count, one.outputs, result.height, result.width, isLast: isLast)
      for image in 0..<one.count {
        for output in 0..<one.outputs {
          for y in 0..<result.height {
            for x in 0..<result.width {
              var sum = 0.0
              for tap in 0..<9 {
                for input in 0..<one.inputs {
                  sum +=
                    one.weight(output, input, tap / 3, tap % 3)
                    * Double(source[image, input, y + tap / 3 - one.border, x + tap % 3 - one.border])
                }
              }
              expected[image, output, y, x] = Float(sum)
            }
          }
        }
      }
      #expect(difference(result.values, expected.values) < 2e-4, "\(one.height)x\(one.width), border \(one.border)")
    }
  }

  /// The gradient of what a convolution read, by loops.
  private func gradient(_ one: Case, _ slopes: Images) -> Images {
    var expected = Images(one.count, one.inputs, one.height, one.width)
    for image in 0..<one.count {
      for input in 0..<one.inputs {
        for y in 0..<one.height {
          for x in 0..<one.width {
            var sum = 0.0
            for tap in 0..<9 {
              for output in 0..<one.outputs {
                sum +=
                  one.weight(output, input, tap / 3, tap % 3)
                  * Double(slopes[image, output, y + one.border - tap / 3, x + one.border - tap % 3])
              }
            }
            expected[image, input, y, x] = Float(sum)
          }
        }
      }
    }
    return expected
  }

  @Test("The gradient of what it read, by kernels from the other end", arguments: KernelSet.all)
  func backward(set: KernelSet) {
    for one in Self.cases {
      let slopes = Images(one.count, one.outputs, one.results.height, one.results.width, seed: 23)
      let result = convolved(set, one, slopes, isLast: false, flipped: true)
      #expect(difference(result.values, gradient(one, slopes).values) < 5e-4, "\(one.height)x\(one.width)")
    }
  }

  @Test("The gradient of what it read, by the forward pass transposed", arguments: KernelSet.all)
  func transposed(set: KernelSet) {
    for one in Self.cases where !one.is2x2 {
      let form = one.form(set)
      let slopes = Images(one.count, one.outputs, one.results.height, one.results.width, seed: 24)
      var result = Images(one.count, one.inputs, one.height, one.width)
      var (from, to) = (slopes.layout, result.layout)
      var tiles = cusp_tiles(
        rows: (slopes.height + 3) / 4, columns: (slopes.width + 3) / 4, border: one.border)
      let perImage = tiles.rows * tiles.columns
      let count = one.count * perImage
      var parts = [Float](repeating: .nan, count: form.parts * count * one.outputs)
      form.scatter_gradient(
        &from, &tiles, slopes.values, 0, count, &parts, count * one.outputs, one.outputs, 16)
      // Transposed, so that outputs come in and inputs out; not read from the other end.
      let kernels = cusp_kernels(
        inputs: one.outputs, outputs: one.inputs, input_stride: one.inputs * 9, output_stride: 9, flipped: 0)
      let products = products(
        set, parts, matrices(form, one.weights, kernels), tiles: count, inputs: one.outputs, outputs: one.inputs)
      var epilogue = cusp_epilogue(bias: nil, accumulates: 0, relu: 0, streams: 0, addend: 0, mask: 0)
      let above = AlignedFloats(count: 8 * 16 * (tiles.columns + 1))
      products.withUnsafeBufferPointer { products in
        guard let start = products.baseAddress else { return }
        for image in 0..<one.count {
          form.gather_gradient(
            &to, &tiles, &epilogue, start + image * perImage * one.inputs, count * one.inputs, image, above.start,
            &result.values)
        }
      }
      #expect(difference(result.values, gradient(one, slopes).values) < 5e-4, "\(one.height)x\(one.width)")
      let ended = products.withUnsafeBufferPointer { products in
        elsewhere(result) { epilogue, memory in
          guard let start = products.baseAddress else { return }
          var epilogue = epilogue
          for image in 0..<one.count {
            form.gather_gradient(
              &to, &tiles, &epilogue, start + image * perImage * one.inputs, count * one.inputs, image, above.start,
              memory)
          }
        }
      }
      #expect(ended.found == ended.expected)
    }
  }

  @Test("The gradient of the weights", arguments: KernelSet.all)
  func weights(set: KernelSet) {
    for one in Self.cases {
      let form = one.form(set)
      let source = Images(one.count, one.inputs, one.height, one.width, seed: 25)
      let slopes = Images(one.count, one.outputs, one.results.height, one.results.width, seed: 26)
      var (from, to) = (source.layout, slopes.layout)
      var tiles = cusp_tiles(
        rows: (slopes.height + 3) / 4, columns: (slopes.width + 3) / 4, border: one.border)
      let count = one.count * tiles.rows * tiles.columns
      var left = [Float](repeating: 0, count: form.parts * count * one.inputs)
      var right = [Float](repeating: 0, count: form.parts * count * one.outputs)
      form.scatter(
        &from, &tiles, source.values, 0, count, &left, count * one.inputs, 16, 16 * count)
      form.scatter_gradient(
        &to, &tiles, slopes.values, 0, count, &right, count * one.outputs, 16, 16 * count)
      var kernels = one.kernels()
      var found = [Float](repeating: .nan, count: one.weights.count)
      let sums = AlignedFloats(count: form.parts * one.inputs * one.outputs)
      for part in 0..<form.parts {
        // In two rounds, the second of which adds.
        for tiles in [0..<count / 2, count / 2..<count] where !tiles.isEmpty {
          let first = 16 * tiles.lowerBound
          set.functions.outer_product(
            tiles.count, Array(left[(part * count * one.inputs + first)...]),
            Array(right[(part * count * one.outputs + first)...]), 16 * count, 128, one.inputs, one.outputs,
            tiles.lowerBound > 0 ? 1 : 0, sums.start + part * one.inputs * one.outputs)
        }
      }
      form.kernel_gradient(&kernels, sums.start, 0, 0, one.inputs, one.outputs, &found)
      var expected = found
      for place in expected.indices {
        let (output, input, tap) = (place / 9 / one.inputs, place / 9 % one.inputs, place % 9)
        var sum = 0.0
        for image in 0..<one.count {
          for y in 0..<slopes.height {
            for x in 0..<slopes.width {
              sum +=
                Double(slopes[image, output, y, x])
                * Double(source[image, input, y + tap / 3 - one.border, x + tap % 3 - one.border])
            }
          }
        }
        expected[place] = Float(sum)
      }
      #expect(difference(found, expected) < 1e-3, "\(one.height)x\(one.width), border \(one.border)")
    }
  }

  @Test("All sets agree to the bit")
  func agreement() {
    for one in Self.cases {
      let source = Images(one.count, one.inputs, one.height, one.width, seed: 27)
      let results = KernelSet.all.map { convolved($0, one, source, isLast: false, flipped: false).values }
      for result in results.dropFirst() { #expect(result.map(\.bitPattern) == results[0].map(\.bitPattern)) }
    }
  }
}
