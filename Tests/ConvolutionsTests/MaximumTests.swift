import CConvolutions
import Testing

@Suite("Maximum pooling, against plain loops") struct MaximumTests {
  /// An image's sizes, a window's, its step, where the first one begins above and to the left, and how many there are.
  struct Shape {
    let image, window, step, margin, count: (Int, Int)

    var windows: cusp_windows {
      cusp_windows(
        kernel_height: window.0, kernel_width: window.1, stride_height: step.0, stride_width: step.1,
        dilation_height: 1, dilation_width: 1, top: margin.0, left: margin.1)
    }

    /// The pixels that window (y, x) has of the image.
    func pixels(_ y: Int, _ x: Int) -> [(row: Int, column: Int)] {
      (0..<window.0 * window.1)
        .map { (y * step.0 - margin.0 + $0 / window.1, x * step.1 - margin.1 + $0 % window.1) }
        .filter { 0..<image.0 ~= $0.row && 0..<image.1 ~= $0.column }
    }
  }

  private static func sideBySide(_ height: Int, _ width: Int, _ down: Int, _ right: Int) -> Shape {
    Shape(
      image: (height, width), window: (down, right), step: (down, right), margin: (0, 0),
      count: (height / down, width / right))
  }

  private static let shapes = [
    sideBySide(8, 8, 2, 2), sideBySide(5, 7, 2, 2), sideBySide(9, 6, 3, 3), sideBySide(7, 4, 3, 1),
    sideBySide(2, 2, 1, 2), sideBySide(4, 5, 4, 5),
    Shape(image: (8, 8), window: (3, 3), step: (2, 2), margin: (1, 1), count: (4, 4)),
    Shape(image: (7, 9), window: (3, 3), step: (2, 2), margin: (0, 0), count: (3, 4)),
    Shape(image: (5, 4), window: (3, 3), step: (1, 1), margin: (1, 1), count: (5, 4)),
    // Beyond the last row and column, as in ceil mode, and with pixels that no window has.
    Shape(image: (5, 5), window: (2, 2), step: (2, 2), margin: (0, 0), count: (3, 3)),
    Shape(image: (9, 8), window: (2, 2), step: (3, 3), margin: (0, 0), count: (3, 3)),
    Shape(image: (6, 3), window: (5, 2), step: (2, 1), margin: (2, 1), count: (3, 4)),
    Shape(image: (2, 2), window: (3, 3), step: (2, 2), margin: (1, 1), count: (1, 1)),
  ]

  @Test(
    "Forward and backward, ties and pixels of several windows and of none included", arguments: KernelSet.all,
    [false, true])
  func both(set: KernelSet, isLast: Bool) {
    for shape in Self.shapes {
      let ((height, width), (rows, columns)) = (shape.image, shape.count)
      // Few different numbers, so that many are equal.
      var source = Images(2, 32, height, width, isLast: isLast, seed: 21)
      for i in source.values.indices { source.values[i] = (source.values[i] * 3).rounded() }
      var slopes = Images(2, 32, rows, columns, isLast: isLast, seed: 22)
      // Sums of eighths are exact, in any order.
      for i in slopes.values.indices { slopes.values[i] = (slopes.values[i] * 8).rounded() / 8 }
      var (result, gradient) = (Images(2, 32, rows, columns, isLast: isLast), source)
      for i in gradient.values.indices { gradient.values[i] = .nan }
      var places = [Int8](repeating: -1, count: result.values.count)
      for image in 0..<2 {
        var (from, to, windows) = (source.layout, result.layout, shape.windows)
        let (start, end) = (image * from.image_stride, image * to.image_stride)
        source.values.withUnsafeBufferPointer { source in
          result.values.withUnsafeMutableBufferPointer { result in
            places.withUnsafeMutableBufferPointer { places in
              set.functions.maximum(
                &from, &to, &windows, source.baseAddress.map { $0 + start }, result.baseAddress.map { $0 + end },
                places.baseAddress.map { $0 + end })
            }
          }
        }
        slopes.values.withUnsafeBufferPointer { slopes in
          gradient.values.withUnsafeMutableBufferPointer { gradient in
            places.withUnsafeBufferPointer { places in
              set.functions.maximum_gradient(
                &from, &to, &windows, slopes.baseAddress.map { $0 + end }, places.baseAddress.map { $0 + end },
                gradient.baseAddress.map { $0 + start })
            }
          }
        }
      }
      check(shape, source, result, slopes, gradient)
    }
  }

  private func check(_ shape: Shape, _ source: Images, _ result: Images, _ slopes: Images, _ gradient: Images) {
    for image in 0..<source.count {
      for channel in 0..<source.channels {
        var expected = [Float](repeating: 0, count: source.height * source.width)
        for y in 0..<result.height {
          for x in 0..<result.width {
            let pixels = shape.pixels(y, x)
            let numbers = pixels.map { source[image, channel, $0.row, $0.column] }
            let largest = numbers.max() ?? .nan
            #expect(result[image, channel, y, x] == largest)
            let (row, column) = pixels[numbers.firstIndex(of: largest) ?? 0]
            expected[row * source.width + column] += slopes[image, channel, y, x]
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
      var (from, to, windows) = (source.layout, Images(1, 16, 1, 1).layout, Self.sideBySide(2, 2, 2, 2).windows)
      set.functions.maximum(&from, &to, &windows, source.values, &result, nil)
      #expect(result[5].isNaN && result.count { $0.isNaN } == 1)
    }
  }
}
