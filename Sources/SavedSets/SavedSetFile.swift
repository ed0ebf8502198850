import Archives
public import Datasets
import Failures
import Files
import Tensors

/// Where perturbed images are saved, all or nothing: a `.npz` file of `images` `[n, c, h, w]`, `labels` and `indices`, or a
/// folder of PNG files, one folder a class.
public struct SavedSetFile: Sendable {
  /// How images are saved.
  public enum Format: String, CaseIterable, Sendable {
    /// NumPy arrays in one file.
    case npz
    /// Image files in a new folder, of 8 bits.
    case png
  }

  /// Its path.
  public let path: String
  /// How it holds images.
  public let format: Format
  /// Whether images are bytes of 0...255; else they are 32-bit floats of 0...1.
  public let isQuantised: Bool

  /// The file or folder at `path`, which is not touched yet; image files are quantised anyway.
  public init(path: String, format: Format = .npz, isQuantised: Bool) {
    (self.path, self.format, self.isQuantised) = (path, format, isQuantised || format == .png)
  }

  /// Replaces the file, or makes the folder, with perturbed `images`, each of which `body` appends in their order, and lets
  /// go of it.
  ///
  /// - Throws: what `body` throws, and as `replaceFile(at:writing:)` and `makeFolder(at:writing:)`; the earlier file, if
  ///   there is one, then stays.
  public func write(_ images: LabeledImages, _ body: (_ append: ([Float]) throws -> Void) throws -> Void) throws {
    removeAbandonedFiles(of: path)
    switch format {
    case .npz:
      try replaceFile(at: path) { temporary in
        var writer = try SavedSetWriter(images, to: temporary, named: path, isQuantised: isQuantised)
        try body { try writer.append($0) }
        try writer.finish()
      }
    case .png:
      try ImageFolderWriter.check(images)
      try makeFolder(at: path) { folder in
        let writer = try ImageFolderWriter(images, into: folder)
        var indices = images.indices.makeIterator()
        try body { image in
          guard let index = indices.next() else { throw Failure(.internal, "\(path): more images than were announced") }
          try writer.write(image, of: index)
        }
      }
    }
  }
}

/// A file of arrays on its way to the disk, of which it holds one image.
struct SavedSetWriter: ~Copyable {
  private var archive: ZipWriter
  private let originals: LabeledImages
  private let isQuantised: Bool

  /// Every array begins at a multiple of so many bytes, so that it can be mapped into memory.
  private static let alignment = 64

  init(_ originals: LabeledImages, to path: String, named name: String, isQuantised: Bool) throws {
    var archive = try ZipWriter(path: path, named: name)
    let shape = [originals.count] + originals.imageShape.sizes
    let element: NumPyArray.Element = isQuantised ? .uint8 : .float32
    let header = NumPyArray.fileHeader(element, shape: shape)
    try archive.begin(
      "images.npy", size: header.count + shape.reduce(element.size, *), alignment: Self.alignment)
    try header.withUnsafeBytes { try archive.append($0) }
    self.archive = archive
    self.originals = originals
    self.isQuantised = isQuantised
  }

  /// Appends an image `[c, h, w]` of 0...1, whose pixels are 8-bit levels if the set is quantised.
  ///
  /// - Throws: `.inputOutput` on a full or failing disk.
  mutating func append(_ image: [Float]) throws {
    if isQuantised {
      let bytes = image.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }
      try bytes.withUnsafeBytes { try archive.append($0) }
    } else {
      try image.map(\.bitPattern.littleEndian).withUnsafeBytes { try archive.append($0) }
    }
  }

  /// Ends the file with what the images are of.
  consuming func finish() throws {
    try archive.end()
    let labels = originals.indices.map { Int64(originals.label(of: $0)) }
    for (name, values) in [("labels", labels), ("indices", originals.indices.map(Int64.init))] {
      try archive.add("\(name).npy", NumPyArray(values).fileBytes, alignment: Self.alignment)
    }
    try archive.finish()
  }
}
