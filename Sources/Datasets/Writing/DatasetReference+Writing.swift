import Archives
import Failures
import Files
import HDF5
import Tensors

extension DatasetReference {
  /// The splits that are there, in order, each with all its images; a file of `x` and `y` alone has one.
  ///
  /// - Throws: as `load(split:limit:)`, where no split is there at all.
  public func loadAll() throws -> [LabeledImages] {
    if try isUnsplit { return [try load(split: .train)] }
    var missing: Failure?
    let found = try Split.allCases.compactMap { split -> LabeledImages? in
      do {
        return try load(split: split)
      } catch let failure as Failure where failure.kind == .noInput {
        missing = missing ?? failure
        return nil
      }
    }
    if found.isEmpty, let missing { throw missing }
    return found
  }

  /// Writes `parts`, the splits of a data set, to what this names: the original files of a public data set in a folder,
  /// or one file of arrays, `x` and `y` for a single part, else `x_train`, `y_train`, `x_test` and `y_test`.
  ///
  /// - Throws: `.data` for images that the format does not hold; `.usage` for the digits, which are built in, a canvas, and image files;
  ///   `.cannotCreate` and `.inputOutput` as `replaceFile(at:writing:)`.
  public func write(_ parts: [LabeledImages]) throws {
    switch self {
    case .digits: throw Failure(.usage, "digits: are built in; name a file or mnist:DIR to write")
    case .folder(let family, let path):
      for part in parts {
        switch family {
        case .mnist, .fashion, .kmnist, .emnist: try writeIDX(part, family, to: path)
        case .cifar10, .cifar100: try writeCIFAR(part, family, to: path)
        case .svhn: throw Failure(.usage, "\(self): is only read; name a file, or cifar10:DIR to write")
        }
      }
    case .npz(let path): try writeNumPy(parts, to: path)
    case .hdf5(let path): try writeHDF5(parts, to: path)
    case .canvas: throw Failure(.usage, "\(self): is only read; name the file or folder to write by itself")
    case .images, .image:
      throw Failure(.usage, "\(self): is only read; name a file, or write images by cusp-attack --save DIR --as png")
    }
  }

  /// Whether this is a file of images that are in no split.
  private var isUnsplit: Bool {
    get throws {
      switch self {
      case .digits, .folder: false
      case .npz(let path): try NumPyPairs(path: path).names.contains("x")
      case .hdf5(let path): try HDF5Pairs(path: path).names.contains("x")
      case .images(let path, _): try !ImageFolder.isSplit(path)
      case .image: true
      case .canvas(_, let data): try data.isUnsplit
      }
    }
  }
}

extension LabeledImages {
  /// The behinds of the names of arrays for `parts`.
  fileprivate static func suffixes(_ parts: [LabeledImages]) -> [(suffix: String, part: LabeledImages)] {
    parts.map { (parts.count == 1 ? "" : "_\($0.split.rawValue)", $0) }
  }

  /// The sizes of all images together, `[n, c, h, w]`.
  fileprivate var shape: [Int] { [labels.count] + imageShape.sizes }

  /// The pixels where a format holds bytes of 0...255.
  func bytes(for format: String) throws -> [UInt8] {
    guard case .bytes(let bytes) = pixels else {
      throw Failure(.data, "\(name): its pixels are floats, and \(format) holds bytes; write .npz or .h5")
    }
    return bytes
  }
}

private func writeNumPy(_ parts: [LabeledImages], to path: String) throws {
  try replaceFile(at: path) { temporary in
    var archive = try ZipWriter(path: temporary, named: path)
    for (suffix, part) in LabeledImages.suffixes(parts) {
      switch part.pixels {
      case .bytes(let bytes): try add("x\(suffix)", .uint8, part.shape, of: bytes, to: &archive)
      case .floats(let floats): try add("x\(suffix)", .float32, part.shape, of: floats, to: &archive)
      }
      try add("y\(suffix)", .int64, [part.labels.count], of: part.labels.map { Int64($0).littleEndian }, to: &archive)
    }
    try archive.finish()
  }
}

private func add<Element>(
  _ name: String, _ element: NumPyArray.Element, _ shape: [Int], of elements: [Element], to archive: inout ZipWriter
) throws {
  let header = NumPyArray.fileHeader(element, shape: shape)
  let size = header.count + elements.count * element.size
  try archive.add("\(name).npy", size: size, alignment: 64) { write in
    try header.withUnsafeBytes(write)
    try elements.withUnsafeBytes(write)
  }
}

private func writeHDF5(_ parts: [LabeledImages], to path: String) throws {
  try replaceFile(at: path) { temporary in
    let file = try HDF5Writer(path: temporary, named: path)
    for (suffix, part) in LabeledImages.suffixes(parts) {
      switch part.pixels {
      case .bytes(let bytes): try file.write(bytes, shape: part.shape, to: "/x\(suffix)")
      case .floats(let floats): try file.write(floats, shape: part.shape, to: "/x\(suffix)")
      }
      try file.write(part.labels.map(Int64.init), shape: [part.labels.count], to: "/y\(suffix)")
    }
    try file.close()
  }
}
