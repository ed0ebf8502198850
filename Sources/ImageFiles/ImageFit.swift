/// How an image of any size becomes a square one: its shorter side is resized and the middle cut out, as by torchvision's
/// `Resize(shorterSide)` and `CenterCrop(side)` on Pillow's images, bilinear with antialiasing.
public struct ImageFit: Hashable, Sendable, CustomStringConvertible {
  /// The side of the square, in pixels.
  public let side: Int
  /// The length that the shorter side gets, in pixels; at least `side`.
  public let shorterSide: Int

  /// The most pixels a side may have.
  public static let mostPixels = 1 << 13

  /// A square of `side` pixels out of an image whose shorter side gets `shorterSide` pixels, as many unless told otherwise;
  /// nil unless 1 <= `side` <= `shorterSide` <= `mostPixels`.
  public init?(side: Int, of shorterSide: Int? = nil) {
    let shorterSide = shorterSide ?? side
    guard side >= 1, side <= shorterSide, shorterSide <= Self.mostPixels else { return nil }
    (self.side, self.shorterSide) = (side, shorterSide)
  }

  /// The fit that `text` means, as in `224` or `224/256`; nil where it means none.
  public init?(_ text: some StringProtocol) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { part in
      part.allSatisfy { ("0"..."9").contains($0) } ? Int(part) : nil
    }
    guard (1...2).contains(numbers.count), let side = numbers[0], let shorterSide = numbers[numbers.count - 1] else {
      return nil
    }
    self.init(side: side, of: shorterSide)
  }

  /// `224`, or `224/256` where more is resized than is cut out.
  public var description: String { side == shorterSide ? "\(side)" : "\(side)/\(shorterSide)" }
}

extension PixelImage {
  /// The square that `fit` makes of this image.
  ///
  /// What is cut off is not computed, so that a long strip costs no more than what is left of it.
  public func fitted(_ fit: ImageFit) -> PixelImage {
    let (shorter, longer) = (min(width, height), max(width, height))
    guard shorter > 0 else { return self }
    let resized = Int(Double(fit.shorterSide * longer) / Double(shorter))
    let (newWidth, newHeight) = width <= height ? (fit.shorterSide, resized) : (resized, fit.shorterSide)
    func middle(_ length: Int) -> Range<Int> {
      // Halves go to the even number, as Python's `round`.
      let start = Int((Double(length - fit.side) / 2).rounded(.toNearestOrEven))
      return start..<start + fit.side
    }
    let columns = ResampledAxis(from: width, to: newWidth, taking: middle(newWidth))
    let rows = ResampledAxis(from: height, to: newHeight, taking: middle(newHeight))
    return resampled(columns, rows)
  }

  /// This image with another size, each pixel the mean of those below it, as Pillow's `resize` with `BOX`.
  ///
  /// - Precondition: at least one pixel.
  public func boxed(width newWidth: Int, height newHeight: Int) -> PixelImage {
    precondition(newWidth > 0 && newHeight > 0, "\(newWidth)x\(newHeight) pixels")
    let columns = ResampledAxis(from: width, to: newWidth, taking: 0..<newWidth, by: .box)
    return resampled(columns, ResampledAxis(from: height, to: newHeight, taking: 0..<newHeight, by: .box))
  }

  /// Resamples along rows first, then along columns, each rounded to bytes, as Pillow.
  private func resampled(_ columns: ResampledAxis, _ rows: ResampledAxis) -> PixelImage {
    let (side, needed) = (columns.count, rows.sources)
    var narrow = [UInt8](repeating: 0, count: needed.count * side * channels)
    for y in needed {
      for x in 0..<side {
        for channel in 0..<channels {
          narrow[((y - needed.lowerBound) * side + x) * channels + channel] = columns.value(x) {
            pixels[(y * width + $0) * channels + channel]
          }
        }
      }
    }
    var result = [UInt8](repeating: 0, count: rows.count * side * channels)
    for y in 0..<rows.count {
      for place in 0..<side * channels {
        result[y * side * channels + place] = rows.value(y) {
          narrow[($0 - needed.lowerBound) * side * channels + place]
        }
      }
    }
    return PixelImage(width: side, height: rows.count, channels: channels, pixels: result)
  }
}

/// Where the pixels along one axis of a resized image come from, in Pillow's fixed-point arithmetic: triangles of weights as
/// wide as two new pixels, or boxes as wide as one, of old pixels where the image grows, in 22 bits after the point.
private struct ResampledAxis {
  enum Filter { case triangle, box }

  private static let precision = 22
  /// For each new pixel the first old one and the weights from there.
  private let windows: [(first: Int, weights: [Int])]

  /// The new pixels `taken` of an axis of `old` pixels that is resized to `new`.
  init(from old: Int, to new: Int, taking taken: Range<Int>, by filter: Filter = .triangle) {
    guard new != old else {
      windows = taken.map { ($0, [1 << Self.precision]) }
      return
    }
    let scale = Double(old) / Double(new)
    let unit = max(scale, 1)
    let radius = filter == .box ? 0.5 * unit : unit
    windows = taken.map { place in
      let center = (Double(place) + 0.5) * scale
      let first = max(0, Int(center - radius + 0.5))
      let end = min(old, Int(center + radius + 0.5))
      let shares = (first..<end).map { source in
        let distance = (Double(source) - center + 0.5) * (1 / unit)
        guard filter == .box else { return max(0, 1 - abs(distance)) }
        return distance > -0.5 && distance <= 0.5 ? 1 : 0
      }
      let sum = shares.reduce(0, +)
      let weights = shares.map { weight in Int(0.5 + (sum == 0 ? weight : weight / sum) * Double(1 << Self.precision))
      }
      return (first, weights)
    }
  }

  /// How many new pixels there are.
  var count: Int { windows.count }

  /// The old pixels that any of them comes from.
  var sources: Range<Int> {
    let first = windows.map(\.first).min() ?? 0
    return first..<(windows.map { $0.first + $0.weights.count }.max() ?? first)
  }

  /// New pixel `place`, given the old ones.
  func value(_ place: Int, of old: (Int) -> UInt8) -> UInt8 {
    let (first, weights) = windows[place]
    var sum = 1 << (Self.precision - 1)
    for (offset, weight) in weights.enumerated() { sum += weight * Int(old(first + offset)) }
    return UInt8(min(max(sum >> Self.precision, 0), 255))
  }
}
