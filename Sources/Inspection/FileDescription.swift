internal import Files
internal import Interchange
internal import Tensors
internal import ToolSupport

/// What files are that hold no model: one phrase, after `is` or a colon.
enum FileDescription {
  /// What `source` is; nil for a kind that may hold a model.
  ///
  /// - Throws: `.inputOutput` if the disk fails.
  static func ofNoModel(_ source: ByteSource) throws -> String? {
    let kind = try FileKind(contentOf: source)
    switch kind {
    case .hdf5, .numPyArchive, .pyTorch, .pickle, .safetensors, .zip, .keras: return nil
    case .onnx: return try cifar(source)
    case .json where try ShardIndex.isOne(source): return nil
    case .idx: return try cifar(source) ?? idx(source)
    case .empty, .numPyArray, .gzip, .png, .tar, .gitPointer, .webPage, .json, .text, .unknown:
      return try cifar(source) ?? kind.description
    }
  }

  /// What a file of arrays is that holds images with labels, named as this package reads them; nil if it is none.
  static func ofData(_ file: TensorFile) -> String? {
    let tensors = Dictionary(file.tensors.map { ($0.path, $0) }) { first, _ in first }
    for (images, labels) in [("x", "y"), ("x_train", "y_train"), ("x_test", "y_test")] {
      guard let images = tensors[images], tensors[labels] != nil, images.shape.rank >= 3 else { continue }
      let names = tensors.keys.filter { ["x", "y"].contains($0.split(separator: "_").first) }.sorted()
      let shape = images.shape.sizes.dropFirst().map(String.init).joined(separator: "x")
      let count = NumberText.count(images.shape[0], "image")
      return "a data set of \(count) of \(shape) (\(names.joined(separator: ", ")))"
    }
    return nil
  }

  /// IDX data with their sizes, if the file is as long as these say.
  private static func idx(_ source: ByteSource) throws -> String {
    let start = try source.bytes(0..<min(source.count, 4 + 4 * 8))
    let rank = start.count > 3 ? Int(start[3]) : 0
    guard start.count >= 4 + 4 * rank, rank > 0 else { return FileKind.idx.description }
    let sizes = (0..<rank).map { axis in start[4 + 4 * axis..<8 + 4 * axis].reduce(0) { $0 << 8 | Int($1) } }
    let shape = sizes.dropFirst().map(String.init).joined(separator: "x")
    switch rank {
    case 1: return "a data set in IDX, as MNIST comes in: \(NumberText.count(sizes[0], "label"))"
    case 3: return "a data set in IDX, as MNIST comes in: \(NumberText.count(sizes[0], "image")) of \(shape)"
    default: return "a data set in IDX: \(NumberText.count(sizes[0], "element")) of \(shape)"
    }
  }

  /// The binary version of CIFAR, which begins with no magic number: whole records, each with labels within bounds.
  private static func cifar(_ source: ByteSource) throws -> String? {
    for (name, labels) in [("CIFAR-10", [10]), ("CIFAR-100", [20, 100])] {
      let size = labels.count + 3072
      guard source.count >= size, source.count % size == 0 else { continue }
      // As many as tell it from anything else.
      let records = 0..<min(source.count / size, 1000)
      let areLabels = try records.allSatisfy { record in
        try zip(source.bytes(record * size..<record * size + labels.count), labels).allSatisfy { $0 < $1 }
      }
      if areLabels {
        return "a data set, the binary version of \(name): \(NumberText.count(source.count / size, "image"))"
      }
    }
    return nil
  }
}
