import Archives

/// The elements of a storage that make a tensor: from an offset on, and by how far to step along each axis.
struct StorageView: Sendable {
  /// Where a storage lies.
  enum Storage: Sendable {
    /// In the file, at these bytes.
    case bytes(Range<Int>)
    /// In a zip archive.
    case entry(ZipArchive.Entry)
  }

  let storage: Storage
  /// The first element, counted in elements.
  let offset: Int
  /// The steps, counted in elements, one an axis.
  let strides: [Int]

  /// Whether the elements lie one after the other, row-major, for a tensor of `sizes`.
  func isContiguous(_ sizes: [Int]) -> Bool {
    var expected = 1
    for (size, stride) in zip(sizes, strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }

  /// How many elements there are from the first one to the last one; nil if that does not fit an `Int`.
  static func span(_ sizes: [Int], strides: [Int]) -> Int? {
    if sizes.contains(0) { return 0 }
    var span = 1
    for (size, stride) in zip(sizes, strides) {
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflowOfSum) = span.addingReportingOverflow(step)
      guard !overflow, !overflowOfSum else { return nil }
      span = sum
    }
    return span
  }

  /// Copies the elements of `size` bytes each, row-major, out of `storage`, which starts at the first one, to
  /// `destination`.
  func gather(
    _ sizes: [Int], size: Int, from storage: UnsafeRawBufferPointer, to destination: UnsafeMutableRawBufferPointer
  ) {
    var index = [Int](repeating: 0, count: sizes.count)
    var source = 0
    for position in stride(from: 0, to: destination.count, by: size) {
      for byte in 0..<size { destination[position + byte] = storage[source * size + byte] }
      var axis = sizes.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < sizes[axis] { break }
        source -= strides[axis] * sizes[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
