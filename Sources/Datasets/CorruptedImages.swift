import Archives
import Failures
import Files
import Tensors

/// The images of one corruption as CIFAR-10-C has them: `NAME.npy`, bytes `[5 n, h, w, 3]`, those of the test images at each
/// severity after the other, beside `labels.npy`.
///
/// They stay on the disk, and one at a time is read.
public struct CorruptedImages: Hashable, Sendable {
  /// How many severities there are.
  public static let severities = 5

  /// What the corruption is called.
  public let name: String
  /// The file's path.
  public let path: String
  /// How many images each severity has.
  public let count: Int
  private let source: ByteSource
  private let start: Int
  /// The shape of an image, `[h, w, c]`.
  private let sizes: [Int]
  private let labels: [Int]

  /// The corruption `name` of the files in `folder`, or in the folder that the published archive makes there.
  ///
  /// - Throws: `.noInput` where there is no file of it, or none of labels; `.data` for what is none of these arrays.
  public init(_ name: String, in folder: String) throws {
    guard !name.contains("/") else { throw Failure(.usage, "\(name): no name of a corruption") }
    let places = [folder, "\(folder)/CIFAR-10-C"]
    guard let place = places.first(where: { fileExists(at: "\($0)/\(name).npy") }) else {
      let there = places.flatMap { (try? folderEntries($0)) ?? [] }.map(\.name).filter { $0.hasSuffix(".npy") }
      let found = there.isEmpty ? "none at all" : there.map { String($0.dropLast(4)) }.joined(separator: ", ")
      throw Failure(.noInput, "\(folder)/\(name).npy: no such file; there are \(found)")
    }
    path = "\(place)/\(name).npy"
    source = try ByteSource(path: path)
    let header = try NumPyHeader(
      startOf: source.bytes(0..<min(source.count, NumPyHeader.maximalOffset)), name: path)
    let shape = header.shape
    guard header.element == .uint8, shape.count == 4, shape[0] % Self.severities == 0, shape[0] > 0,
      !header.isFortranOrder, try source.count - header.dataOffset == header.byteCount(name: path)
    else { throw Failure(.data, "\(path): has the shape \(shape), expected bytes [5 n, h, w, c] and no more") }
    let labelPath = "\(place)/labels.npy"
    let array = try NumPyArray(parsing: readBytes(path: labelPath, limit: 1 << 26), name: labelPath)
    guard let labels = array.integers, labels.count == shape[0] else {
      throw Failure(.data, "\(labelPath): \(array.count) labels, expected the \(shape[0]) of \(path)")
    }
    (self.name, start, count, sizes) = (name, header.dataOffset, shape[0] / Self.severities, Array(shape[1...]))
    self.labels = labels.map(Int.init)
  }

  /// Refuses images that these are no versions of.
  ///
  /// - Throws: `.data` for another shape, fewer images, or other labels.
  public func check(_ images: LabeledImages) throws {
    let shape = images.imageShape.sizes
    guard [shape[1], shape[2], shape[0]] == sizes else {
      throw Failure(.data, "\(path): images [\(sizes[2]), \(sizes[0]), \(sizes[1])], expected [\(images.imageShape)]")
    }
    guard images.indices.upperBound <= count else {
      throw Failure(.data, "\(path): \(count) images a severity, and \(images.name) has more; take fewer by --limit")
    }
    for severity in 0..<Self.severities {
      if let wrong = images.indices.first(where: { labels[severity * count + $0] != images.label(of: $0) }) {
        throw Failure(
          .data,
          "\(path): image \(wrong): label \(labels[severity * count + wrong]), and \(images.name) has "
            + "\(images.label(of: wrong)); these are no versions of its \(images.split.rawValue) images")
      }
    }
  }

  /// Writes the version of the image at `index` of this severity, 1...5, to `pixels` `[c, h, w]`, as `Float(byte) / 255`.
  ///
  /// - Precondition: `check` has passed for images with this index.
  /// - Throws: `.inputOutput` if the disk fails.
  public func writePixels(of index: Int, severity: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    precondition((1...Self.severities).contains(severity) && (0..<count).contains(index), "no image \(index)")
    let size = sizes[0] * sizes[1] * sizes[2]
    precondition(pixels.count == size, "\(pixels.count) elements are no image")
    let first = start + ((severity - 1) * count + index) * size
    let bytes = try source.bytes(first..<first + size)
    let area = sizes[0] * sizes[1]
    for (place, byte) in bytes.enumerated() {
      pixels[place % sizes[2] * area + place / sizes[2]] = Float(byte) / 255
    }
  }

  /// Whether both are of one file.
  public static func == (one: CorruptedImages, other: CorruptedImages) -> Bool { one.path == other.path }

  /// Takes in what decides equality.
  public func hash(into hasher: inout Hasher) { hasher.combine(path) }
}
