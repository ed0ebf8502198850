import Archives
import Failures
import Files
import Tensors

/// What the files of SVHN are called.
enum SVHNName {
  static func file(of split: Split) -> String { "\(split.rawValue)_32x32.mat" }
}

/// The images and labels of the cropped house numbers in the folder `path`: MATLAB's files of `X` `[32, 32, 3, n]` and `y`
/// `[n, 1]`, in which 10 stands for the digit 0.
func readSVHN(at path: String, _ split: Split) throws -> LabeledImages {
  let place = "\(path)/\(SVHNName.file(of: split))"
  let file = try MATLABFile(ByteSource(path: place), limit: DataFolder.limit)
  guard let images = file.arrays["X"], let labels = file.arrays["y"] else {
    let found = file.arrays.keys.sorted().prefix(8).joined(separator: ", ")
    throw Failure(.data, "\(place): has no arrays X and y but \(found.isEmpty ? "nothing" : found); fetch it again")
  }
  // The axes come in the reverse order: images, channels, columns, rows.
  let count = images.shape.count == 4 ? images.shape[0] : 0
  guard images.element == .uint8, images.shape == [count, 3, 32, 32] else {
    let shape = Array(images.shape.reversed())
    throw Failure(.data, "\(place): X has the shape \(shape), expected bytes [32, 32, 3, n]; fetch it again")
  }
  let digits = labels.integers?.map(Int.init) ?? labels.floats?.map { Int(exactly: $0) ?? -1 } ?? []
  if let wrong = digits.firstIndex(where: { !(0...10).contains($0) }) {
    throw Failure(.data, "\(place): image \(wrong): label \(digits[wrong]), expected 1...10")
  }
  return try LabeledImages(
    name: DatasetReference.Family.svhn.rawValue, split: split, imageShape: [3, 32, 32],
    pixels: .bytes(transposedPlanes(images.bytes, side: 32)), labels: digits.map { $0 % 10 },
    classNames: DatasetReference.Family.svhn.classNames, place: place)
}

/// `planes` of `side` by `side` bytes, each with its rows and columns exchanged.
private func transposedPlanes(_ planes: [UInt8], side: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: planes.count) { buffer, initialized in
    for start in stride(from: 0, to: planes.count, by: side * side) {
      for row in 0..<side {
        for column in 0..<side { buffer[start + row * side + column] = planes[start + column * side + row] }
      }
    }
    initialized = planes.count
  }
}
