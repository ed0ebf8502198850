extension NumPyHeader {
  /// Whether the elements lie in the file row-major and little-endian.
  package var isOrdered: Bool { !isFortranOrder && !isBigEndian }

  /// The elements `bytes` of the file, put row-major and little-endian.
  ///
  /// - Precondition: `bytes` fill the shape.
  package func ordered(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard !isOrdered, !bytes.isEmpty else { return Array(bytes) }
    let size = element.size
    var walk = Walk(shape, elementSize: size, isFortranOrder: isFortranOrder)
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { output, initialized in
      bytes.withUnsafeBytes { bytes in
        for target in stride(from: 0, to: bytes.count, by: size) {
          let source = walk.next()
          for byte in 0..<size { output[target + byte] = bytes[source + (isBigEndian ? size - 1 - byte : byte)] }
        }
      }
      initialized = bytes.count
    }
  }
}

/// Where the elements of an array lie in its file, in the order of rows.
private struct Walk {
  /// Each axis, outermost first: its size, the bytes from one of its elements to the next, and where the walk is.
  private var axes: [(size: Int, step: Int, index: Int)] = []
  private var place = 0

  init(_ shape: [Int], elementSize: Int, isFortranOrder: Bool) {
    // Axes of one element take no steps, and a header may have thousands.
    let sizes = shape.filter { $0 != 1 }
    var step = elementSize
    for size in isFortranOrder ? sizes : sizes.reversed() {
      axes.append((size, step, 0))
      step *= size
    }
    if !isFortranOrder { axes.reverse() }
  }

  /// The byte where the next element begins.
  mutating func next() -> Int {
    defer {
      for axis in axes.indices.reversed() {
        axes[axis].index += 1
        place += axes[axis].step
        guard axes[axis].index == axes[axis].size else { break }
        place -= axes[axis].size * axes[axis].step
        axes[axis].index = 0
      }
    }
    return place
  }
}
