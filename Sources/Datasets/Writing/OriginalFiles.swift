import Failures
import Files
import Tensors

/// Writes the images and labels of one split as MNIST has them, in the folder `path`.
func writeIDX(_ images: LabeledImages, _ family: DatasetReference.Family, to path: String) throws {
  let pixels = try images.bytes(for: "IDX")
  let sizes = images.imageShape.sizes
  guard sizes[0] == 1 else {
    throw Failure(.data, "\(images.name): images of \(sizes[0]) channels, and IDX of \(family.rawValue) holds one")
  }
  let labels = try bytes(of: images, family)
  let name = IDXName(family, images.split)
  let header = idxHeader(.images, [labels.count, sizes[1], sizes[2]])
  try writeFile(at: "\(path)/\(name.images)", bytes: header + pixels)
  try writeFile(at: "\(path)/\(name.labels)", bytes: idxHeader(.labels, [labels.count]) + labels)
}

private func idxHeader(_ kind: IDXArray.Kind, _ sizes: [Int]) -> [UInt8] {
  ([kind.rawValue] + sizes).flatMap { number in stride(from: 24, through: 0, by: -8).map { UInt8(number >> $0 & 0xFF) }
  }
}

/// Writes the records of one split as CIFAR's binary version has them, in the folder `path`: CIFAR-10's training images in
/// five files, and 0 for CIFAR-100's coarse labels, which nothing here keeps.
func writeCIFAR(_ images: LabeledImages, _ family: DatasetReference.Family, to path: String) throws {
  let pixels = try images.bytes(for: family.rawValue)
  guard images.imageShape == [3, 32, 32] else {
    throw Failure(.data, "\(images.name): images \(images.imageShape), and \(family.rawValue) holds 3x32x32")
  }
  let labels = try bytes(of: images, family)
  let isFine = family == .cifar100
  let names: [String] =
    if isFine {
      ["\(images.split.rawValue).bin"]
    } else {
      images.split == .test ? ["test_batch.bin"] : (1...5).map { "data_batch_\($0).bin" }
    }
  for (number, name) in names.enumerated() {
    let range = labels.count * number / names.count..<labels.count * (number + 1) / names.count
    guard !range.isEmpty else { continue }
    var records: [UInt8] = []
    records.reserveCapacity(range.count * 3074)
    for index in range {
      records += (isFine ? [0] : []) + [labels[index]]
      records += pixels[index * 3072..<(index + 1) * 3072]
    }
    try writeFile(at: "\(path)/\(name)", bytes: records)
  }
  if images.classNames.count == (isFine ? 100 : 10) {
    let text = images.classNames.map { "\($0)\n" }.joined()
    try writeFile(at: "\(path)/\(isFine ? "fine_label_names.txt" : "batches.meta.txt")", bytes: Array(text.utf8))
  }
}

/// The labels, which must be among the classes of `family`.
private func bytes(of images: LabeledImages, _ family: DatasetReference.Family) throws -> [UInt8] {
  let count = family.classNames.count
  guard let wrong = images.labels.firstIndex(where: { $0 >= count }) else { return images.labels.map(UInt8.init) }
  let label = images.labels[wrong]
  throw Failure(.data, "\(images.name): image \(wrong): label \(label), and \(family.rawValue) has \(count) classes")
}
