import Tensors

extension LabeledImages {
  /// What the pixels of a channel are like, in pixel units of 0...1.
  public struct ChannelStatistics: Equatable, Sendable {
    /// Their mean.
    public let mean: Double
    /// Their standard deviation, over all pixels of all images, as `numpy.std` has it.
    public let deviation: Double
  }

  /// What the pixels of each channel are like, as normalisation takes it.
  public var channelStatistics: [ChannelStatistics] {
    let (channels, area) = (imageShape[0], imageShape[1] * imageShape[2])
    var sums = [(sum: Double, squares: Double)](repeating: (0, 0), count: channels)
    var image = [Float](repeating: 0, count: imageShape.count)
    for index in indices {
      image.withUnsafeMutableBufferPointer { image in
        writePixels(of: index, into: image)
        for channel in 0..<channels {
          // An image at a time, so that long sums keep their last digits.
          var (sum, squares) = (0.0, 0.0)
          for pixel in channel * area..<(channel + 1) * area {
            let value = Double(image[pixel])
            sum += value
            squares += value * value
          }
          sums[channel].sum += sum
          sums[channel].squares += squares
        }
      }
    }
    let pixels = Double(max(1, count * area))
    return sums.map { sum, squares in
      let mean = sum / pixels
      return ChannelStatistics(mean: mean, deviation: max(0, squares / pixels - mean * mean).squareRoot())
    }
  }

  /// How many images each class has, by label.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    for index in indices { counts[label(of: index)] += 1 }
    return counts
  }

  /// Hands the bytes that these images are known by to `body`: for each, its label as 64 bits and its pixels as 32-bit
  /// floats of 0...1, all little-endian. They do not depend on the file that the images came in.
  public func forEachByte(_ body: (UnsafeRawBufferPointer) -> Void) {
    var image = [Float](repeating: 0, count: imageShape.count)
    for index in indices {
      withUnsafeBytes(of: Int64(label(of: index)).littleEndian, body)
      image.withUnsafeMutableBufferPointer { writePixels(of: index, into: $0) }
      image.withUnsafeBytes(body)
    }
  }
}
