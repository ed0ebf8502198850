import Failures
import Tensors

/// The images and labels of MNIST, or of a data set with the same files, in the folder `path` or where torchvision puts
/// them below it.
func readMNIST(_ family: DatasetReference.Family, at path: String, _ split: Split) throws -> LabeledImages {
  let name = IDXName(family, split)
  let folder = DataFolder.holding(name.images, at: path, subfolders: family.subfolders)
  let images = try IDXArray(folder.read(name.images), kind: .images)
  let labels = try IDXArray(folder.read(name.labels), kind: .labels)
  guard images.sizes[0] == labels.sizes[0] else {
    throw Failure(.data, "\(labels.place): \(labels.sizes[0]) labels for \(images.sizes[0]) images; fetch both again")
  }
  return try LabeledImages(
    name: family.rawValue, split: split, imageShape: [1, images.sizes[1], images.sizes[2]],
    pixels: .bytes(images.elements), labels: labels.elements.map(Int.init), classNames: family.classNames,
    place: labels.place)
}

/// What the files of a split are called.
struct IDXName {
  let images, labels: String

  init(_ family: DatasetReference.Family, _ split: Split) {
    let prefix = family == .emnist ? "emnist-balanced-\(split.rawValue)" : split == .train ? "train" : "t10k"
    (images, labels) = ("\(prefix)-images-idx3-ubyte", "\(prefix)-labels-idx1-ubyte")
  }
}

/// An array of bytes in an IDX file: a number for the kind, big-endian sizes, and the elements.
struct IDXArray {
  /// What the array holds; the value is the number that the file starts with.
  enum Kind: Int {
    case labels = 2049
    case images = 2051

    var rank: Int { self == .labels ? 1 : 3 }
  }

  /// The size along each axis; for images `[n, h, w]`.
  let sizes: [Int]
  /// The elements, row-major.
  let elements: [UInt8]
  /// The file's path for errors.
  let place: String

  /// The array of `kind` in `file`.
  init(_ file: (bytes: [UInt8], place: String), kind: Kind) throws {
    let (bytes, place) = file
    let start = 4 + 4 * kind.rank
    guard bytes.count >= start else {
      throw Failure(.data, "\(place): ends within its header; it is truncated, fetch it again")
    }
    let numbers = stride(from: 0, to: start, by: 4).map { position in
      bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard numbers[0] == kind.rawValue else {
      let found = [2049: "a label file", 2051: "an image file"][numbers[0]] ?? "no file of labels or images"
      throw Failure(.data, "\(place): this is \(found) (\(numbers[0])), expected \(kind) (\(kind.rawValue))")
    }
    sizes = Array(numbers[1...])
    // Three sizes of 32 bits do not fit 64.
    let count = sizes.reduce((product: 1, overflow: false)) {
      let (product, overflow) = $0.product.multipliedReportingOverflow(by: $1)
      return (product, overflow || $0.overflow)
    }
    let found = bytes.count - start
    guard !count.overflow, found == count.product else {
      let size = sizes.map(String.init).joined(separator: "x")
      let verdict = count.overflow || found < count.product ? "it is truncated" : "something follows"
      throw Failure(.data, "\(place): says \(size) elements and has \(found); \(verdict), fetch it again")
    }
    elements = Array(bytes[start...])
    self.place = place
  }
}
