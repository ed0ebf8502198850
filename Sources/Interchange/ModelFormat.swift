import Archives
import Failures
public import Files

/// A format of model files: how its files are told, read and written.
///
/// A reader goes by a file's content, a writer by the name it is asked for. A format is a folder of its own, where its value
/// is made, and one line in `allCases`.
public struct ModelFormat: Sendable {
  /// Its name, as in `pytorch`.
  public let rawValue: String
  /// The endings of file names, the usual one first.
  public let suffixes: [String]
  /// What the first bytes of its files tell.
  let kinds: [FileKind]
  /// How the name of an entry ends that makes a zip archive one of its files; nil for none.
  var entrySuffix: String?
  /// Lists a file; nil for a format that is not read yet.
  let open: Reader?
  /// Writes a file; nil for a format that is not written yet.
  let writer: Writer?

  /// Lists the file `source`, which came as `input` unless it lies in memory.
  typealias Reader = @Sendable (_ source: ByteSource, _ input: InputFile?) throws -> TensorFile.Parts

  /// What a file of the format is made of.
  enum Writer: Sendable {
    /// Tensors and texts, whatever network they belong to; messages name the path, not the temporary file.
    case tensors(@Sendable ([OutgoingTensor], OutgoingTexts, _ temporary: String, _ path: String) throws -> Void)
    /// A network.
    case network(@Sendable (Conversion, _ path: String) throws -> Conversion.Result)
  }

  /// Whether files of this format are read and written.
  public var isSupported: Bool { isRead && writer != nil }

  /// Whether files of this format are read.
  package var isRead: Bool { open != nil }

  /// Whether a file of `kind` may be one of a format that is read.
  package static func mayRead(_ kind: FileKind) -> Bool {
    kind == .zip || allCases.contains { $0.isRead && $0.kinds.contains(kind) }
  }

  /// The format that the name of a file to be written asks for; nil if its ending is none of a format's.
  public init?(suffixOf path: String) {
    let name = (path.split(separator: "/").last ?? "").lowercased()
    // The longest ending counts: `net.keras.h5` is no `net.h5`.
    let known = Self.allCases.flatMap { format in format.suffixes.map { (format, ".\($0)") } }
    let fitting = known.filter { name.hasSuffix($0.1) && name.count > $0.1.count }
    guard let found = fitting.max(by: { $0.1.count < $1.1.count }) else { return nil }
    self = found.0
  }

  /// The format of the model file `source`, by its content.
  ///
  /// - Throws: `.data` if it is none, saying what it is; `.inputOutput` if the disk fails.
  public init(contentOf source: ByteSource) throws {
    let kind = try FileKind(contentOf: source)
    var found = Self.allCases.first { $0.kinds.contains(kind) }
    if found == nil, kind == .zip {
      let names = try TensorFile.archive(source).entries.map(\.name)
      found = Self.allCases.first { format in
        format.entrySuffix.map { suffix in names.contains { $0.hasSuffix(suffix) } } ?? false
      }
    }
    guard let found else { throw noModel(kind, source) }
    self = found
  }

  init(
    _ name: String, suffixes: [String], kinds: [FileKind], entrySuffix: String? = nil, open: Reader? = nil,
    writer: Writer? = nil
  ) {
    (rawValue, self.suffixes, self.kinds, self.entrySuffix) = (name, suffixes, kinds, entrySuffix)
    (self.open, self.writer) = (open, writer)
  }
}

extension ModelFormat: CaseIterable {
  /// All formats: the registry.
  public static let allCases: [ModelFormat] = [
    hdf5, pytorch, safetensors, numpy, keras, kerasLegacy, onnx, torchExport,
  ]
}

extension ModelFormat: RawRepresentable, Hashable {
  /// The format called `rawValue`; nil if there is none.
  public init?(rawValue: String) {
    guard let format = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = format
  }
}
