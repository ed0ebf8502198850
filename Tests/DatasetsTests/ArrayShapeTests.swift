import Archives
import Datasets
import Failures
import HDF5
import Tensors
import TestSupport
import Testing

@Suite("Arrays of images in every kind")
struct ArrayShapeTests {
  /// A file of the arrays `x` and `y` in `format`.
  private func load(_ x: NumPyArray, _ y: NumPyArray) throws -> LabeledImages {
    try Fixture.withTemporaryFolder { folder in
      try write(NumPyArchive.fileBytes(of: [("x", x), ("y", y)]), to: "\(folder)/a.npz")
      return try DatasetReference("\(folder)/a.npz").load(split: .train)
    }
  }

  /// Labels 0, 1, ... of a kind, `[count]` or `[count, 1]`.
  private func labels(_ kind: NumPyArray.Element, count: Int, column: Bool = false) -> NumPyArray {
    let bytes = (0..<count).flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: kind.size - 1) }
    return NumPyArray(kind, shape: column ? [count, 1] : [count], bytes: bytes)
  }

  private let pixels = NumPyArray(.uint8, shape: [2, 1, 1], bytes: [3, 4])

  @Test(
    "Labels may be of any kind of integer, or truth values, in a row or a column",
    arguments: NumPyArray.Element.allCases, [false, true])
  func labelKinds(kind: NumPyArray.Element, column: Bool) throws {
    let isFloat = kind.rawValue.contains("f")
    if isFloat {
      expectFailure(.data, "a.npz: y: elements of kind '\(kind.rawValue)', expected integers") {
        _ = try load(pixels, labels(kind, count: 2, column: column))
      }
    } else {
      let images = try load(pixels, labels(kind, count: 2, column: column))
      #expect(images.indices.map(images.label) == [0, 1])
      #expect(images.classNames == ["0", "1"])
    }
  }

  @Test("Pixels may be bytes or floats of any width, and nothing else", arguments: NumPyArray.Element.allCases)
  func pixelKinds(kind: NumPyArray.Element) throws {
    let x = NumPyArray(kind, shape: [2, 1, 1], bytes: [UInt8](repeating: 0, count: 2 * kind.size))
    if kind == .uint8 || kind.rawValue.contains("f") {
      #expect(try load(x, labels(.int64, count: 2)).pixelValues(of: 1) == [0])
    } else {
      let words = "elements of kind '\(kind.rawValue)', expected uint8 or floats in 0...1"
      expectFailure(.data, "a.npz: x: \(words)") { _ = try load(x, labels(.int64, count: 2)) }
    }
  }

  @Test(
    "Every order of axes and number of channels is told by the shape",
    arguments: [
      ([2, 5, 6], [1, 5, 6]), ([2, 1, 5, 6], [1, 5, 6]), ([2, 5, 6, 1], [1, 5, 6]), ([2, 3, 5, 6], [3, 5, 6]),
      ([2, 5, 6, 3], [3, 5, 6]), ([2, 4, 5, 6], [4, 5, 6]), ([2, 5, 6, 4], [4, 5, 6]), ([2, 1, 1, 1], [1, 1, 1]),
      ([2, 28, 28], [1, 28, 28]), ([2, 4, 4, 4], [4, 4, 4]),
    ])
  func shapes(shape: [Int], expected: [Int]) throws {
    let count = shape.reduce(1, *)
    let x = NumPyArray(.uint8, shape: shape, bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
    let images = try load(x, labels(.int64, count: 2))
    #expect(images.imageShape.sizes == expected)
    // Element [1, c, h, w] is that of the file, wherever its axes are.
    let (channels, area) = (expected[0], expected[1] * expected[2])
    let isLast = shape.count == 4 && Array(shape[1...]) != expected
    let found = images.pixelValues(of: 1)
    for (channel, pixel) in (0..<channels).flatMap({ channel in (0..<area).map { (channel, $0) } }) {
      let place = count / 2 + (isLast ? pixel * channels + channel : channel * area + pixel)
      #expect(found[channel * area + pixel] == Float(place % 256) / 255)
    }
  }

  @Test(
    "No images are refused, whatever size they would have had",
    arguments: [
      [0, 8, 8], [0, 3, 8, 8], [0, 1 << 40, 1 << 40], [0, 1 << 40, 1 << 40, 3], [0, 3, 1 << 40, 1 << 40],
      [0, Int.max, 2],
    ], [0, 1])
  func nothing(shape: [Int], labelCount: Int) throws {
    for kind in [NumPyArray.Element.uint8, .float32] {
      expectFailure(.data, "a.npz: x") {
        _ = try load(NumPyArray(kind, shape: shape, bytes: []), labels(.int64, count: labelCount))
      }
    }
  }

  @Test("Truth values as labels are 0 and 1, as h5py and NumPy write them", arguments: ["npz", "h5"])
  func truths(format: String) throws {
    let images = try DatasetReference(datasetPath("gray-truths.\(format)")).load(split: .test)
    try images.expect(Expected.load().grayTruths)
    #expect(images.classNames == ["0", "1"])
  }

  @Test("Big-endian numbers are read, in HDF5's packed chunks too", arguments: ["npz", "h5"])
  func bigEndian(format: String) throws {
    let images = try DatasetReference(datasetPath("colour-big-endian.\(format)")).load(split: .train)
    try images.expect(Expected.load().colour)
  }

  @Test("HDF5 files of other pixels or labels are refused as npz files are")
  func otherHDF5() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      let cases: [(message: String, write: (borrowing HDF5Writer) throws -> Void)] = [
        (
          "x: elements of kind int64, expected uint8 or floats in 0...1",
          { try $0.write([1, 2] as [Int64], shape: [2, 1, 1], to: "/x") }
        ),
        ("x: has the shape [2], expected [n, h, w], ", { try $0.write([1, 2] as [UInt8], shape: [2], to: "/x") }),
        (
          "x: image 1: a pixel is 2.0, expected 0...1 (or uint8)",
          { try $0.write([1, 2] as [Float], shape: [2, 1, 1], to: "/x") }
        ),
        (
          "x: 3 images but 2 labels; they do not belong together",
          { try $0.write([1, 2, 3] as [UInt8], shape: [3, 1, 1], to: "/x") }
        ),
        ("has no array x but ", { try $0.write([1] as [UInt8], shape: [1], to: "/images") }),
      ]
      for (message, body) in cases {
        let writer = try HDF5Writer(path: path)
        try body(writer)
        try writer.write([0, 1] as [Int64], shape: [2], to: "/y")
        try writer.close()
        expectFailure(.data, "\(path): \(message)") { _ = try DatasetReference(path).load(split: .train) }
      }
    }
  }
}
