import Archives
import Checkpoints
import Datasets
import Failures
import Files
import Glibc
import HDF5
import ImageFiles
import Interchange
import Networks
import Records
import Serving
import Tensors

/// A reader of what may come from anywhere.
enum Reader: String, CaseIterable {
  case checkpoint, hdf5, zip, npz, npy, gzip, idx, cifar, records, definition, request
  case png, jpeg
  case safetensors, pytorch, pickle, shards, onnx, keras
  case pytorchLegacy = "pytorch-legacy"
  case torchExport = "torch-export"
  case numpyModel = "npz-model"

  /// The most bytes that an archive may unpack to: enough for a finding, if it were allocated at once.
  private static let unpackedLimit = 1 << 26

  /// Whether inputs are zip archives.
  var isArchive: Bool { [.zip, .npz, .pytorch, .numpyModel, .torchExport, .keras].contains(self) }

  /// Reads all that `bytes` hold, as the programs do.
  ///
  /// - Throws: the reader's refusal.
  func read(_ bytes: [UInt8]) throws {
    switch self {
    case .checkpoint:
      let path = try write(bytes, to: "input.h5")
      _ = try Checkpoint.summary(path: path)
      _ = try Checkpoint(reading: path)
    case .hdf5:
      let path = try write(bytes, to: "input.h5")
      try attempt(
        { try readAll(of: HDF5Listing(path: path)) }, { try readImages(path) },
        { try readModel(TensorFile(path: path)) })
    case .zip:
      let archive = try ZipArchive(bytes, limit: Self.unpackedLimit, name: "input")
      for entry in archive.entries {
        try attempt(
          { _ = try archive.contents(of: entry) }, { _ = try archive.prefix(of: entry, count: 100) },
          { try archive.forEachPart(of: entry) { _ in } })
      }
    case .npz:
      let path = try write(bytes, to: "input.npz")
      try attempt({ try readArrays(of: bytes) }, { try readImages(path) })
    case .npy: _ = try NumPyArray(parsing: bytes, name: "input").integers
    case .gzip: _ = try gunzip(bytes, limit: Self.unpackedLimit, name: "input")
    case .idx:
      // What else belongs to the data set lies in the folder already.
      try write(bytes, to: "train-images-idx3-ubyte")
      try write(bytes, to: "t10k-labels-idx1-ubyte")
      try attempt({ try readImages("mnist:.", .train) }, { try readImages("mnist:.", .test) })
    case .cifar:
      try write(bytes, to: "test_batch.bin")
      try write(bytes, to: "test.bin")
      try attempt({ try readImages("cifar10:.") }, { try readImages("cifar100:.") })
    case .png, .jpeg:
      let image = try ImageFile(bytes, name: "input").pixels()
      _ = ImageFit(side: 8, of: 12).map(image.converted(toChannels: 3).fitted)
    case .records:
      let path = try write(bytes, to: "input.ndjson")
      try attempt({ try readRecords(path) }, { try foldRecords(path) })
    case .definition:
      let graph = try NetworkGraph(Checkpoints.definition(json: String(decoding: bytes, as: UTF8.self)))
      _ = try definitionJSON(graph.definition)
      _ = (graph.parameters.count, graph.multiplyAdds)
    case .request:
      var decoder = RequestDecoder(imageShape: [1, 4, 4], classCount: 3, maximalAttackSteps: 1000)
      for line in bytes.split(separator: 0x0A) { _ = try decoder.decode(JSON(parsing: Array(line))) }
    case .safetensors, .pytorch, .pytorchLegacy, .numpyModel, .onnx, .torchExport, .keras:
      try readModel(TensorFile(ByteSource(bytes, name: "input")))
    case .shards: try readModel(TensorFile(path: write(bytes, to: "model.safetensors.index.json")))
    case .pickle:
      let members = [
        ("data.pkl", bytes), ("byteorder", Array("little".utf8)), ("data/0", Array(repeating: 1, count: 256)),
      ]
      let archive = try zipStoring(members.map { (name: "input/\($0)", bytes: $1) })
      try readModel(TensorFile(ByteSource(archive, name: "input")))
    }
  }

  /// Does all of `actions`, and throws what the last that failed threw.
  private func attempt(_ actions: (() throws -> Void)...) throws {
    var failure: (any Error)?
    for action in actions { do { try action() } catch { failure = error } }
    if let failure { throw failure }
  }

  @discardableResult private func write(_ bytes: [UInt8], to path: String) throws -> String {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { throw Failure(.cannotCreate, "\(path): \(systemErrorText(errno))") }
    defer { close(file) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file, path: path) }
    return path
  }
}

// MARK: - Reading everything

extension Reader {
  private func readAll(of file: HDF5Listing) throws {
    for dataset in file.datasets where dataset.byteCount < Self.unpackedLimit {
      try attempt(
        { try file.withBytes(of: dataset.name, chunk: 4096) { _ in } }, { _ = try? file.readFloats(dataset.name) },
        { _ = try? file.readInts(dataset.name) }, { _ = try? file.readStrings(dataset.name) })
    }
  }

  /// Reads all that `cusp-inspect` and `cusp-convert` may ask for.
  private func readModel(_ file: TensorFile) throws {
    for tensor in file.tensors where tensor.byteCount < Self.unpackedLimit {
      try attempt({ try file.forEachPart(of: tensor) { _ in } }, { _ = try? file.floats(of: tensor) })
    }
    try attempt({ _ = try file.tree() }, { _ = try? file.model().parameters() })
  }

  private func readArrays(of bytes: [UInt8]) throws {
    let archive = try NumPyArchive(parsing: bytes, limit: Self.unpackedLimit, name: "input")
    for name in archive.names {
      let array = try archive.array(name)
      _ = (array?.integers, array?.floats)
    }
  }

  private func readImages(_ reference: String, _ split: Split = .test) throws {
    let images = try DatasetReference(reference).load(split: split)
    for index in images.indices.prefix(4) {
      var pixels = [Float](repeating: 0, count: images.imageShape.count)
      pixels.withUnsafeMutableBufferPointer { images.writePixels(of: index, into: $0) }
    }
  }

  private func readRecords(_ path: String) throws {
    try withRecords(path) { reader in
      while let record = try reader.next() {
        try attempt({ _ = try record.decode(PredictionRecord.self) }, { _ = try record.decode(CheckpointRecord.self) })
      }
    }
  }

  private func foldRecords(_ path: String) throws {
    try withRecords(path) { reader in
      var fold = FoolingRateFold()
      while try reader.next(counting: &fold) != nil {}
    }
  }

  private func withRecords(_ path: String, _ body: (inout RecordReader) throws -> Void) throws {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var reader = RecordReader(LineReader(descriptor: file, name: path))
    try body(&reader)
  }
}

/// The zip archive `bytes` with its entry number `entry`, counted round, changed and with right checksums; nil if it is
/// none.
func changedArchive(_ bytes: [UInt8], entry: Int, change: ([UInt8]) -> [UInt8]) -> [UInt8]? {
  guard let archive = try? ZipArchive(bytes, limit: 1 << 22, name: "input"), !archive.entries.isEmpty,
    var entries = try? archive.entries.map({ (name: $0.name, bytes: try archive.contents(of: $0)) })
  else { return nil }
  let index = entry % entries.count
  entries[index].bytes = change(entries[index].bytes)
  return try? zipStoring(entries)
}
