import Archives
public import Datasets
import Files
import Tensors

/// Where perturbed images are saved: a `.npz` file of `images` `[n, c, h, w]`, `labels` and `indices`, all or nothing.
public struct SavedSetFile: Sendable {
  /// Its path.
  public let path: String
  /// Whether images are bytes of 0...255; else they are 32-bit floats of 0...1.
  public let isQuantised: Bool

  /// The file at `path`, which is not touched yet.
  public init(path: String, isQuantised: Bool) { (self.path, self.isQuantised) = (path, isQuantised) }

  /// Replaces the file by one with perturbed `images`, each of which `body` appends in their order, and lets go of it.
  ///
  /// - Throws: what `body` throws, and as `replaceFile(at:writing:)`; the earlier file, if there is one, then stays.
  public func write(_ images: LabeledImages, _ body: (inout SavedSetWriter) throws -> Void) throws {
    removeAbandonedFiles(of: path)
    try replaceFile(at: path) { temporary in
      var writer = try SavedSetWriter(images, to: temporary, named: path, isQuantised: isQuantised)
      try body(&writer)
      try writer.finish()
    }
  }
}

/// A saved set on its way to the disk, of which it holds one image.
public struct SavedSetWriter: ~Copyable {
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
  public mutating func append(_ image: [Float]) throws {
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
