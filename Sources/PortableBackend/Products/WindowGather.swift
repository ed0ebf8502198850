package import Networks

/// The windows of a batch of images as a matrix: row `(c, r, s)` and column `(n, y, x)` hold the number at kernel place
/// `(r, s)` of the window for the output pixel `(y, x)`; outside the image it is zero.
///
/// It is never stored whole: blocks of it are packed where a product needs them. A spread gather reads the images as if
/// `spread - 1` zeros lay between their pixels, which is what the backward pass of a strided convolution does.
package struct WindowGather {
  /// The images, `[n, channels, height, width]`.
  let (batchSize, channels, height, width): (Int, Int, Int, Int)
  /// One image's windows.
  let (outputHeight, outputWidth): (Int, Int)
  /// The kernel's places, the step between them, the step between windows, and how far pixels are spread.
  let kernel, dilation, stride, spread: Extent
  /// Where the first window begins, above and to the left of the image.
  let (top, left): (Int, Int)

  package init(
    batchSize: Int, channels: Int, height: Int, width: Int, outputHeight: Int, outputWidth: Int,
    kernel: Extent = Extent(1), dilation: Extent = Extent(1), stride: Extent = Extent(1), spread: Extent = Extent(1),
    top: Int = 0, left: Int = 0
  ) {
    (self.batchSize, self.channels, self.height, self.width) = (batchSize, channels, height, width)
    (self.outputHeight, self.outputWidth) = (outputHeight, outputWidth)
    (self.kernel, self.dilation, self.stride, self.spread) = (kernel, dilation, stride, spread)
    (self.top, self.left) = (top, left)
  }

  /// The places of the kernel.
  var taps: Int { kernel.area }
  /// The windows of one image.
  var windows: Int { outputHeight * outputWidth }
  /// The windows of the batch.
  var columnCount: Int { batchSize * windows }

  /// How a panel of eight columns lies in the images.
  private struct Panel {
    /// Where each column's image starts.
    var image = SIMD8<Int>()
    /// Row and column of each window's corner; far outside for columns past the last.
    var (top, left) = (SIMD8<Int32>(), SIMD8<Int32>())
    /// Whether the numbers at one place of the windows lie next to each other in memory but for one jump.
    var isContiguous = false
    /// The lanes after the jump, and how far it goes, between the rows of windows.
    var isBehindJump = SIMDMask<SIMD8<Int32>>()
    var jump = 0
  }

  /// Packs the rows of `channels` and the columns from `column` on, `panels` times eight; columns past the last are zero.
  ///
  /// Row `k` of panel `j` goes to `out + k * rowStride + j * panelStride`, eight numbers.
  package func pack(
    _ source: UnsafePointer<Float>, channels: Range<Int>, column: Int, panels: Int,
    into out: UnsafeMutablePointer<Float>, rowStride: Int, panelStride: Int
  ) {
    for index in 0..<panels {
      let panel = panel(at: column + index * Tiles.columns)
      var tap = 0
      for r in 0..<kernel.height {
        for s in 0..<kernel.width {
          pack(
            source, panel, r, s, channels, into: out + index * panelStride + tap * rowStride, step: taps * rowStride)
          tap += 1
        }
      }
    }
  }

  private func panel(at column: Int) -> Panel {
    var panel = Panel()
    let (image, window) = column.quotientAndRemainder(dividingBy: windows)
    var (n, y, x) = (image, window / outputWidth, window % outputWidth)
    for lane in 0..<Tiles.columns {
      panel.image[lane] = min(n, batchSize - 1) * channels * height * width
      panel.top[lane] = n < batchSize ? Int32(truncatingIfNeeded: y * stride.height - top) : .min / 2
      panel.left[lane] = Int32(truncatingIfNeeded: x * stride.width - left)
      x += 1
      if x == outputWidth { (x, y) = (0, y + 1) }
      if y == outputHeight { (y, n) = (0, n + 1) }
    }
    panel.isContiguous =
      stride == Extent(1) && spread == Extent(1) && (outputWidth == width || outputWidth >= Tiles.columns)
      && window + Tiles.columns <= windows && column + Tiles.columns <= columnCount
    panel.jump = width - outputWidth
    if panel.jump != 0 { panel.isBehindJump = panel.top .!= panel.top[0] }
    return panel
  }

  /// Packs the numbers at kernel place `(r, s)`, for every channel one row of eight, `step` apart.
  private func pack(
    _ source: UnsafePointer<Float>, _ panel: Panel, _ r: Int, _ s: Int, _ channels: Range<Int>,
    into out: UnsafeMutablePointer<Float>, step: Int
  ) {
    var y = panel.top &+ Int32(truncatingIfNeeded: r * dilation.height)
    var x = panel.left &+ Int32(truncatingIfNeeded: s * dilation.width)
    var isInside = (y .>= 0) .& (x .>= 0)
    if spread != Extent(1) {
      let down = SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: spread.height))
      let across = SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: spread.width))
      isInside = isInside .& (y % down .== 0) .& (x % across .== 0)
      (y, x) = (y / down, x / across)
    }
    isInside = isInside .& (y .< Int32(truncatingIfNeeded: height)) .& (x .< Int32(truncatingIfNeeded: width))
    let plane = height * width
    let first = panel.image[0] + channels.lowerBound * plane + Int(y[0]) * width + Int(x[0])
    let last = first + (channels.count - 1) * plane + Tiles.columns
    if panel.isContiguous, min(first, first + panel.jump) >= 0,
      max(last, last + panel.jump) <= batchSize * self.channels * plane
    {
      let isSplit = panel.jump != 0 && any(panel.isBehindJump)
      copyRows(
        source + first, isInside, isSplit ? panel : nil, channels.count, into: out, step: step)
    } else {
      var offsets = panel.image &+ channels.lowerBound * plane
      for lane in 0..<Tiles.columns {
        offsets[lane] = isInside[lane] ? offsets[lane] + Int(y[lane]) * width + Int(x[lane]) : -1
      }
      copyLanes(source, offsets, channels.count, into: out, step: step)
    }
  }

  /// Copies eight numbers a channel, those outside as zero; `split` is the panel if a jump goes through it.
  private func copyRows(
    _ source: UnsafePointer<Float>, _ isInside: SIMDMask<SIMD8<Int32>>, _ split: Panel?, _ count: Int,
    into out: UnsafeMutablePointer<Float>, step: Int
  ) {
    let plane = height * width
    let isOutside = .!isInside
    if let split {
      for c in 0..<count {
        let (head, tail) = (Tiles.load8(source + c * plane), Tiles.load8(source + c * plane + split.jump))
        let joined = head.replacing(with: tail, where: split.isBehindJump)
        Tiles.store8(joined.replacing(with: 0, where: isOutside), out + c * step)
      }
    } else if all(isInside) {
      for c in 0..<count { Tiles.store8(Tiles.load8(source + c * plane), out + c * step) }
    } else {
      for c in 0..<count {
        Tiles.store8(Tiles.load8(source + c * plane).replacing(with: 0, where: isOutside), out + c * step)
      }
    }
  }

  /// Copies lane by lane from `offsets`; -1 stands for zero.
  private func copyLanes(
    _ source: UnsafePointer<Float>, _ offsets: SIMD8<Int>, _ count: Int, into out: UnsafeMutablePointer<Float>,
    step: Int
  ) {
    let plane = height * width
    for lane in 0..<Tiles.columns {
      let offset = offsets[lane]
      if offset < 0 {
        for c in 0..<count { out[c * step + lane] = 0 }
      } else {
        for c in 0..<count { out[c * step + lane] = source[offset + c * plane] }
      }
    }
  }
}
