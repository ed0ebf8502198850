import Failures
import Files
import Tensors

/// The images and labels of CIFAR-10 or CIFAR-100 in its binary version, in the folder `path` or the folder that the
/// original archive makes there.
///
/// A record of CIFAR-10 is a label and the red, green and blue planes of 32x32 bytes; one of CIFAR-100 has a coarse label
/// before the fine one, which is the class here.
func readCIFAR(_ family: DatasetReference.Family, at path: String, _ split: Split) throws -> LabeledImages {
  let layout = CIFARLayout(family)
  let names = layout.files(of: split)
  let folder = names.lazy.map { DataFolder.holding($0, at: path, subfolders: family.subfolders) }
    .first { folder in names.contains { folder.path(of: $0) != nil } }
  guard let folder else {
    if let other = layout.pythonFolder(in: path) {
      throw Failure(
        .noInput, "\(other): the Python version of \(family.rawValue), of pickles; the binary version is read: get that"
      )
    }
    throw DataFolder(path: path).missing(names[0])
  }
  var pixels: [UInt8] = []
  var labels: [Int] = []
  // A part of the training batches is a data set too.
  for name in names where folder.path(of: name) != nil {
    try layout.append(folder.read(name), pixels: &pixels, labels: &labels)
  }
  return try LabeledImages(
    name: family.rawValue, split: split, imageShape: [3, 32, 32], pixels: .bytes(pixels), labels: labels,
    classNames: layout.classNames(in: folder), place: folder.path)
}

/// What differs between CIFAR-10 and CIFAR-100.
struct CIFARLayout {
  let family: DatasetReference.Family
  /// The folder that the original archive makes.
  let subfolder: String
  /// The file with a class name a line.
  let nameFile: String
  /// How many values each label of a record has; the last is the class.
  let labelCounts: [Int]

  init(_ family: DatasetReference.Family) {
    self.family = family
    let isFine = family == .cifar100
    subfolder = isFine ? "cifar-100-binary" : "cifar-10-batches-bin"
    nameFile = isFine ? "fine_label_names.txt" : "batches.meta.txt"
    labelCounts = isFine ? [20, 100] : [10]
  }

  /// The folder in `path`, or `path` itself, that has the version which torchvision fetches; nil when none has.
  func pythonFolder(in path: String) -> String? {
    let (folder, file) = family == .cifar100 ? ("cifar-100-python", "train") : ("cifar-10-batches-py", "data_batch_1")
    return ["\(path)/\(folder)", path].first { fileExists(at: "\($0)/\(file)") }
  }

  /// The files that may hold images of `split`, in order.
  func files(of split: Split) -> [String] {
    if family == .cifar100 { return ["\(split.rawValue).bin"] }
    return split == .test ? ["test_batch.bin"] : (1...5).map { "data_batch_\($0).bin" }
  }

  /// Appends the records of `file`.
  func append(_ file: (bytes: [UInt8], place: String), pixels: inout [UInt8], labels: inout [Int]) throws {
    let (bytes, place) = file
    let size = labelCounts.count + 3072
    guard !bytes.isEmpty, bytes.count % size == 0 else {
      let what = "\(bytes.count) bytes are no whole number of records of \(size)"
      throw Failure(.data, "\(place): \(what); it is truncated or not the binary version of \(family.rawValue)")
    }
    pixels.reserveCapacity(pixels.count + bytes.count)
    for start in stride(from: 0, to: bytes.count, by: size) {
      for (label, count) in zip(bytes[start...], labelCounts) where label >= count {
        throw Failure(.data, "\(place): record \(start / size): label \(label), expected 0...\(count - 1)")
      }
      labels.append(Int(bytes[start + labelCounts.count - 1]))
      pixels += bytes[start + labelCounts.count..<start + size]
    }
  }

  /// The class names in `folder`, or those known if it has none.
  func classNames(in folder: DataFolder) throws -> [String] {
    guard folder.path(of: nameFile) != nil else { return family.classNames }
    let (bytes, place) = try folder.read(nameFile)
    let names = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    guard names.count == family.classNames.count else {
      throw Failure(.data, "\(place): names \(names.count) classes, expected \(family.classNames.count)")
    }
    return names
  }
}
