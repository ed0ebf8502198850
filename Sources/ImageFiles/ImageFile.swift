internal import CImages
internal import Failures
internal import Files

/// A PNG or JPEG file in memory, looked at and not decoded: what it is, is told by its content.
public struct ImageFile {
  /// The image's size in pixels.
  public let width, height: Int
  /// 1 for a grey image, with or without alpha; 3 for one in colours of any kind.
  public let channels: Int
  /// The file's path for errors.
  public let name: String
  private let bytes: [UInt8]
  private let format: Format

  /// The most pixels that an image may have: with what the libraries keep, decoding takes less than 1 GiB.
  public static let mostPixels = Int(CUSP_IMAGE_PIXELS)

  /// The image in the file `bytes`, which is called `name`.
  ///
  /// - Throws: `.data` for what is neither PNG nor JPEG, is damaged before its pixels or says more of these than
  ///   `mostPixels`.
  public init(_ bytes: [UInt8], name: String) throws {
    guard let format = Format(bytes) else {
      throw Failure(.data, "\(name): is no PNG or JPEG image; convert it to PNG, or take it away")
    }
    var header = cusp_image_header()
    try format.call(name) { message in
      switch format {
      case .png: cusp_png_header(bytes, bytes.count, &header, message)
      case .jpeg: cusp_jpeg_header(bytes, bytes.count, &header, message)
      }
    }
    (width, height, channels) = (Int(header.width), Int(header.height), Int(header.channels))
    (self.name, self.bytes, self.format) = (name, bytes, format)
  }

  /// The image in the file at `path`, of at most 256 MiB.
  ///
  /// - Throws: as `init(_:name:)`, and `.noInput` if there is no file.
  public init(path: String) throws { try self.init(readBytes(path: path, limit: 1 << 28), name: path) }

  /// The image, decoded as Pillow's `convert("RGB")` does, or `convert("L")` where it is grey: without alpha; the high byte
  /// of 16 bits, but 16-bit grey cut at 255; turned by no EXIF entry.
  ///
  /// - Throws: `.data` if the file is damaged or truncated.
  public func pixels() throws -> PixelImage {
    let pixels = try [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, initialized in
      try format.call(name) { message in
        switch format {
        case .png: cusp_png_decode(bytes, bytes.count, buffer.baseAddress, message)
        case .jpeg: cusp_jpeg_decode(bytes, bytes.count, buffer.baseAddress, message)
        }
      }
      initialized = width * height * channels
    }
    return PixelImage(width: width, height: height, channels: channels, pixels: pixels)
  }
}

extension PixelImage {
  /// The bytes of an 8-bit PNG file of this image, the same for the same pixels.
  ///
  /// - Throws: `.data` for an image without pixels, or of a size that PNG has not; `.inputOutput` where memory is short.
  /// - Precondition: 1 or 3 channels.
  public func pngBytes() throws -> [UInt8] {
    precondition(channels == 1 || channels == 3, "\(channels) channels")
    let header = cusp_image_header(width: UInt32(width), height: UInt32(height), channels: Int32(channels))
    var start: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Format.png.call("PNG") { cusp_png_encode(pixels, header, &start, &count, $0) }
    defer { cusp_png_free(start) }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// The bytes of a JPEG file of this image, as Pillow's `save` writes it unless told otherwise: colours at half the
  /// resolution.
  ///
  /// - Throws: as `pngBytes()`.
  /// - Precondition: 1 or 3 channels, `quality` in 1...100.
  public func jpegBytes(quality: Int) throws -> [UInt8] {
    precondition(channels == 1 || channels == 3, "\(channels) channels")
    precondition((1...100).contains(quality), "quality \(quality)")
    let header = cusp_image_header(width: UInt32(width), height: UInt32(height), channels: Int32(channels))
    var start: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Format.jpeg.call("JPEG") { cusp_jpeg_encode(pixels, header, Int32(quality), &start, &count, $0) }
    defer { cusp_jpeg_free(start) }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }
}

private enum Format: String {
  case png = "PNG"
  case jpeg = "JPEG"

  /// The format of a file that starts with `bytes`; nil where it is another.
  init?(_ bytes: [UInt8]) {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }

  /// Calls `body` with room for a line, which is thrown where `body` does not return 0.
  func call(_ name: String, _ body: (UnsafeMutablePointer<CChar>?) -> Int32) throws {
    var message = [CChar](repeating: 0, count: Int(CUSP_IMAGE_MESSAGE))
    let isDone = message.withUnsafeMutableBufferPointer { body($0.baseAddress) == 0 }
    guard !isDone else { return }
    let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    throw Failure(.data, "\(name): damaged \(rawValue): \(text); fetch it again, or take it away")
  }
}
