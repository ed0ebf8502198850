import CConvolutions
import Testing

@Suite("Maximum pooling over windows side by side, against plain loops") struct MaximumTests {
  private static let shapes = [(8, 8, 2, 2), (5, 7, 2, 2), (9, 6, 3, 3), (7, 4, 3, 1), (2, 2, 1, 2), (4, 5, 4, 5)]

  @Test(
    "Forward and backward, ties and pixels beyond the last window included", arguments: KernelSet.all, [false, true])
  func both(set: KernelSet, isLast: Bool) {
    for (height, width, down, right) in Self.shapes {
      // Few different numbers, so that many are equal.
      var source = Images(2, 32, height, width, isLast: isLast, seed: 21)
      for i in source.values.indices { source.values[i] = (source.values[i] * 3).rounded() }
      let slopes = Images(2, 32, height / down, width / right, isLast: isLast, seed: 22)
      var (result, gradient) = (Images(2, 32, height / down, width / right, isLast: isLast), source)
      for i in gradient.values.indices { gradient.values[i] = .nan }
      var places = [Int8](repeating: -1, count: result.values.count)
      for image in 0..<2 {
        var (from, to) = (source.layout, result.layout)
        let (start, end) = (image * from.image_stride, image * to.image_stride)
        source.values.withUnsafeBufferPointer { source in
          result.values.withUnsafeMutableBufferPointer { result in
            places.withUnsafeMutableBufferPointer { places in
              set.functions.maximum(
                &from, &to, down, right, source.baseAddress.map { $0 + start }, result.baseAddress.map { $0 + end },
                places.baseAddress.map { $0 + end })
            }
          }
        }
        slopes.values.withUnsafeBufferPointer { slopes in
          gradient.values.withUnsafeMutableBufferPointer { gradient in
            places.withUnsafeBufferPointer { places in
              set.functions.maximum_gradient(
                &from, &to, down, right, slopes.baseAddress.map { $0 + end }, places.baseAddress.map { $0 + end },
                gradient.baseAddress.map { $0 + start })
            }
          }
        }
      }
      check(source, result, slopes, gradient, down, right)
    }
  }

  private func check(
    _ source: Images, _ result: Images, _ slopes: Images, _ gradient: Images, _ down: Int, _ right: Int
  ) {
    for image in 0..<source.count {
      for channel in 0..<source.channels {
        var expected = [Float](repeating: 0, count: source.height * source.width)
        for y in 0..<result.height {
          for x in 0..<result.width {
            let taps = (0..<down * right).map { (y * down + $0 / right, x * right + $0 % right) }
            let numbers = taps.map { source[image, channel, $0.0, $0.1] }
            let largest = numbers.max() ?? .nan
            #expect(result[image, channel, y, x] == largest)
            let (row, column) = taps[numbers.firstIndex(of: largest) ?? 0]
            expected[row * source.width + column] = slopes[image, channel, y, x]
          }
        }
        for place in expected.indices {
          let found = gradient[image, channel, place / source.width, place % source.width]
          #expect(found == expected[place])
        }
      }
    }
  }

  @Test(
    "What is no number wins, whatever comes after it; without places only results are written", arguments: KernelSet.all
  )
  func noNumber(set: KernelSet) {
    for tap in 0..<4 {
      var source = Images(1, 16, 2, 2, seed: 23)
      source[0, 5, tap / 2, tap % 2] = .nan
      var result = [Float](repeating: 0, count: 16)
      var (from, to) = (source.layout, Images(1, 16, 1, 1).layout)
      set.functions.maximum(&from, &to, 2, 2, source.values, &result, nil)
      #expect(result[5].isNaN && result.count { $0.isNaN } == 1)
    }
  }
}
