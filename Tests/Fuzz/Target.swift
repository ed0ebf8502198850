import Archives
import Failures
import Files
import Interchange

/// A reader that is fuzzed, with the files that it starts from.
enum Target: String, CaseIterable {
  case safetensors
  case pytorch
  case pytorchLegacy = "pytorch-legacy"
  case npz
  case hdf5
  case zip
  case gzip
  case npy

  /// What the reader made of a file that it should not have.
  struct Finding: Error { let words: String }

  /// The names of the seeds below `fixtures`: those with these endings in these folders.
  private var seeds: (folders: [String], has: (String) -> Bool) {
    switch self {
    case .safetensors: (["interchange"], { $0.hasSuffix(".safetensors") })
    case .pytorch: (["interchange"], { $0.hasSuffix(".pt") && !$0.contains("legacy") && $0 != "half.pt" })
    case .pytorchLegacy: (["interchange"], { $0.contains("legacy") })
    case .npz: (["interchange"], { $0.hasSuffix(".npz") })
    case .hdf5: (["hdf5", "checkpoints"], { $0.hasSuffix(".h5") })
    case .zip: (["archives"], { $0.hasSuffix(".zip") })
    case .gzip: (["archives"], { $0.hasSuffix(".gz") })
    case .npy: (["archives"], { $0.hasSuffix(".npy") })
    }
  }

  /// The contents of the seeds in the folder `fixtures`.
  func load(_ fixtures: String) throws -> [[UInt8]] {
    let wanted = seeds
    return try wanted.folders.flatMap { folder in
      try names("\(fixtures)/\(folder)").filter(wanted.has).map {
        try readBytes(path: "\(fixtures)/\(folder)/\($0)", limit: 1 << 20)
      }
    }
  }

  /// A changed copy of one of `seeds`.
  func mutate(_ seeds: [[UInt8]], by mutator: inout Mutator) -> [UInt8] {
    switch self {
    case .pytorch, .npz, .zip: mutator.mutateArchive(seeds)
    default: mutator.mutate(seeds)
    }
  }

  /// Reads `bytes`, which also lie in the file at `path`; whether they were accepted.
  ///
  /// - Throws: `Finding` for anything but a refusal of bad data in one line.
  func accepts(_ bytes: [UInt8], path: String) throws -> Bool {
    do {
      try read(bytes, path)
      return true
    } catch let failure as Failure {
      guard failure.kind == .data else { throw Finding(words: "\(failure.kind): \(failure.message)") }
      guard !failure.message.contains("\n"), failure.message.utf8.count < 4096 else {
        throw Finding(words: "a message that is not one line: \(failure.message.prefix(200))")
      }
      return false
    } catch {
      throw Finding(words: "\(error)")
    }
  }

  private func read(_ bytes: [UInt8], _ path: String) throws {
    switch self {
    case .safetensors, .pytorch, .pytorchLegacy, .npz: try readModel(TensorFile(ByteSource(bytes, name: "x")))
    case .hdf5: try readModel(TensorFile(path: path))
    case .zip:
      let archive = try ZipArchive(bytes, limit: 1 << 26, name: "x")
      for entry in archive.entries {
        _ = try archive.prefix(of: entry, count: 100)
        try archive.forEachPart(of: entry) { _ in }
      }
    case .gzip: _ = try gunzip(bytes, limit: 1 << 26, name: "x")
    case .npy: _ = try NumPyArray(parsing: bytes, name: "x")
    }
  }

  /// Reads everything that a file offers, as `cusp-inspect` and `cusp-convert` may.
  private func readModel(_ file: TensorFile) throws {
    _ = try file.tree()
    var problem: (any Error)?
    for tensor in file.tensors where tensor.byteCount < 1 << 26 {
      do { try file.forEachPart(of: tensor) { _ in } } catch { problem = error }
      if tensor.element.isReadable { _ = try? file.floats(of: tensor) }
    }
    _ = try? file.model()
    if let problem { throw problem }
  }
}
