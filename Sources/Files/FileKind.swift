/// What a file is, told by its first bytes.
public enum FileKind: CaseIterable, CustomStringConvertible, Sendable {
  /// Nothing.
  case empty
  /// HDF5, perhaps a model of this package.
  case hdf5
  /// One NumPy array, `.npy`.
  case numPyArray
  /// NumPy arrays in a zip archive, `.npz`.
  case numPyArchive
  /// What PyTorch saves, a zip archive.
  case pyTorch
  /// What Keras saves, a zip archive.
  case keras
  /// Any other zip archive.
  case zip
  /// A gzip stream, whatever is in it.
  case gzip
  /// Tensors after a JSON header.
  case safetensors
  /// Python objects, as in old PyTorch files.
  case pickle
  /// A network in protocol buffers.
  case onnx
  /// The format of MNIST.
  case idx
  /// An image.
  case png
  /// Files one after the other.
  case tar
  /// What Git leaves in place of a large file.
  case gitPointer
  /// What a browser shows.
  case webPage
  /// A JSON text, or many.
  case json
  /// Other text in UTF-8.
  case text
  /// None of the above.
  case unknown

  /// The kind for people, after `is` or a colon.
  public var description: String {
    switch self {
    case .empty: "an empty file"
    case .hdf5: "an HDF5 file"
    case .numPyArray: "a NumPy array (.npy)"
    case .numPyArchive: "a zip archive of NumPy arrays (.npz)"
    case .pyTorch: "a zip archive as PyTorch saves it (.pt)"
    case .keras: "a zip archive as Keras saves it (.keras)"
    case .zip: "a zip archive"
    case .gzip: "gzip data"
    case .safetensors: "a safetensors file"
    case .pickle: "a Python pickle"
    case .onnx: "an ONNX model"
    case .idx: "IDX data, as MNIST comes in"
    case .png: "a PNG image"
    case .tar: "a tar archive"
    case .gitPointer: "a Git LFS pointer in place of the file"
    case .webPage: "a web page in place of the file"
    case .json: "JSON"
    case .text: "text"
    case .unknown: "data of no kind known here"
    }
  }

  /// How to come by the file that was meant; nil for a kind that stands for no other file.
  public var advice: String? {
    switch self {
    case .tar: "unpack it with tar xf and name a file in it"
    case .gitPointer: "git lfs pull fetches the file"
    case .webPage: "fetch the file itself, by the link on that page"
    case .empty, .hdf5, .numPyArray, .numPyArchive, .pyTorch, .keras, .zip, .gzip, .safetensors, .pickle, .onnx, .idx,
      .png,
      .json, .text, .unknown:
      nil
    }
  }

  /// How many bytes the decision needs at most.
  static let prefixSize = 4096

  /// What a file is that starts with `bytes`.
  public init(firstBytes bytes: [UInt8]) {
    self =
      bytes.isEmpty
      ? .empty
      : Self(magicOf: bytes) ?? Self(headerOf: bytes) ?? (Self.isText(bytes) ? Self(textOf: bytes) : .unknown)
  }

  /// What `source` is.
  ///
  /// - Throws: `.inputOutput` if the disk fails.
  public init(contentOf source: ByteSource) throws {
    self.init(firstBytes: try source.bytes(0..<min(source.count, Self.prefixSize)))
  }

  /// What the file at `path` is.
  ///
  /// - Throws: `.noInput` if it cannot be read; `.inputOutput` if the disk fails.
  public init(ofFileAt path: String) throws {
    self.init(firstBytes: try readPrefix(path: path, size: Self.prefixSize))
  }

  private init?(magicOf bytes: [UInt8]) {
    let magics: [(FileKind, [UInt8])] = [
      (.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), (.numPyArray, [0x93] + Array("NUMPY".utf8)),
      (.png, [0x89, 0x50, 0x4E, 0x47]), (.gzip, [0x1F, 0x8B]),
    ]
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      self.init(zip: bytes)
    } else if let found = magics.first(where: { bytes.starts(with: $0.1) }) {
      self = found.0
    } else if [512, 1024, 2048].contains(where: { bytes.dropFirst($0).starts(with: magics[0].1) }) {
      // Behind a block of the user's own.
      self = .hdf5
    } else if bytes.dropFirst(257).starts(with: Array("ustar".utf8)) {
      self = .tar
    } else {
      return nil
    }
  }

  /// Tells archives apart by the name of their first entry.
  private init(zip bytes: [UInt8]) {
    let length = bytes.count > 30 ? Int(bytes[26]) | Int(bytes[27]) << 8 : 0
    let name = String(decoding: bytes.dropFirst(30).prefix(length), as: UTF8.self)
    if name.hasSuffix("/data.pkl") {
      self = .pyTorch
    } else if name.hasSuffix(".npy") {
      self = .numPyArchive
    } else {
      self = ["metadata.json", "config.json", "model.weights.h5"].contains(name) ? .keras : .zip
    }
  }

  /// Tells the formats whose headers have no magic number.
  private init?(headerOf bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    if bytes[0] == 0, bytes[1] == 0, (0x08...0x0E).contains(bytes[2]), (1...8).contains(bytes[3]) {
      self = .idx
    } else if bytes.count > 9, bytes[5...7].allSatisfy({ $0 == 0 }), bytes[8] == UInt8(ascii: "{") {
      self = .safetensors
    } else if bytes[0] == 0x80, (2...5).contains(bytes[1]) {
      self = .pickle
    } else if bytes[0] == 0x08, (1...32).contains(bytes[1]), [0x12, 0x1A, 0x3A, 0x42].contains(bytes[2]) {
      self = .onnx
    } else {
      return nil
    }
  }

  private init(textOf bytes: [UInt8]) {
    let text = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let start = String(decoding: text.prefix(40), as: UTF8.self).lowercased()
    if text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") {
      self = .json
    } else if start.hasPrefix("version https://git-lfs.") {
      self = .gitPointer
    } else {
      self = start.hasPrefix("<!doctype html") || start.hasPrefix("<html") ? .webPage : .text
    }
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
      // The last character may be cut.
      && (0...3).contains { cut in cut < bytes.count && String(validating: bytes.dropLast(cut), as: UTF8.self) != nil }
  }
}
