import Archives
import Failures
public import Files

/// The formats of model files.
///
/// A reader goes by a file's content, a writer by the name it is asked for.
public enum ModelFormat: String, CaseIterable, Sendable {
  /// HDF5: checkpoints of this package, and any other file of datasets.
  case hdf5
  /// What `torch.save` writes: a zip archive, or pickles one after the other as before PyTorch 1.6.
  case pytorch
  /// Tensors after a JSON header.
  case safetensors
  /// NumPy arrays in a zip archive, `.npz`.
  case numpy
  /// What Keras saves in a zip archive; not read or written yet.
  case keras
  /// A network in protocol buffers; not read or written yet.
  case onnx

  /// Whether files of this format are read and written.
  public var isSupported: Bool { self != .keras && self != .onnx }

  /// The endings of file names, the usual one first.
  public var suffixes: [String] {
    switch self {
    case .hdf5: ["h5", "hdf5"]
    case .pytorch: ["pt", "pth"]
    case .safetensors: ["safetensors"]
    case .numpy: ["npz"]
    case .keras: ["keras"]
    case .onnx: ["onnx"]
    }
  }

  /// The format that the name of a file to be written asks for; nil if its ending is none of a format's.
  public init?(suffixOf path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
    let suffix = name[name.index(after: dot)...].lowercased()
    guard let format = Self.allCases.first(where: { $0.suffixes.contains(suffix) }) else { return nil }
    self = format
  }

  /// The format of the model file `source`, by its content.
  ///
  /// - Throws: `.data` if it is none, saying what it is; `.inputOutput` if the disk fails.
  public init(contentOf source: ByteSource) throws {
    let kind = try FileKind(contentOf: source)
    switch kind {
    case .hdf5: self = .hdf5
    case .pyTorch, .pickle: self = .pytorch
    case .safetensors: self = .safetensors
    case .numPyArchive: self = .numpy
    case .keras: self = .keras
    case .onnx: self = .onnx
    case .zip:
      let names = try TensorFile.archive(source).entries.map(\.name)
      if names.contains(where: { $0.hasSuffix("/data.pkl") }) {
        self = .pytorch
      } else if names.contains(where: { $0.hasSuffix(".npy") }) {
        self = .numpy
      } else {
        throw noModel(kind, source)
      }
    case .empty, .numPyArray, .gzip, .idx, .png, .tar, .gitPointer, .webPage, .json, .text, .unknown:
      throw noModel(kind, source)
    }
  }
}
