/// Two sizes or steps, along the rows and along the columns of an image, in pixels.
public struct Extent: Hashable, Sendable {
  /// Along the image's height and along its width.
  public var height, width: Int

  /// One for each axis.
  public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

  /// The same for both axes.
  public init(_ side: Int) { self.init(height: side, width: side) }

  /// The side, where both are one.
  public var side: Int? { height == width ? height : nil }
  /// The product of both.
  public var area: Int { height * width }
}

/// What is added around an image, in pixels.
public struct Margins: Hashable, Sendable {
  /// Above, to the left, below and to the right of the image.
  public var top, left, bottom, right: Int

  /// One for each side.
  public init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  /// The same on every side.
  public init(_ width: Int) { self.init(top: width, left: width, bottom: width, right: width) }

  /// The width, where it is the same on every side.
  public var width: Int? { top == left && left == bottom && bottom == right ? top : nil }
}

// In a definition both are lists: `[height, width]`, and `[top, left, bottom, right]` as in ONNX.

extension Extent: Codable {
  /// Reads `[height, width]`.
  public init(from decoder: any Decoder) throws {
    let sizes = try decoder.list(of: 2)
    self.init(height: sizes[0], width: sizes[1])
  }

  /// Writes `[height, width]`.
  public func encode(to encoder: any Encoder) throws { try [height, width].encode(to: encoder) }
}

extension Margins: Codable {
  /// Reads `[top, left, bottom, right]`.
  public init(from decoder: any Decoder) throws {
    let sizes = try decoder.list(of: 4)
    self.init(top: sizes[0], left: sizes[1], bottom: sizes[2], right: sizes[3])
  }

  /// Writes `[top, left, bottom, right]`.
  public func encode(to encoder: any Encoder) throws { try [top, left, bottom, right].encode(to: encoder) }
}

extension Decoder {
  fileprivate func list(of count: Int) throws -> [Int] {
    let list = try [Int](from: self)
    guard list.count == count else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "needs \(count) numbers, has \(list.count)"))
    }
    return list
  }
}
