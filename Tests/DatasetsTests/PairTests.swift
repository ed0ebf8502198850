import Archives
import Datasets
import Failures
import Files
import Tensors
import TestSupport
import Testing

@Suite("Images and labels in npz and HDF5 files")
struct PairTests {
  private static let layouts =
    ["nchw", "nhwc", "nchw-floats", "nhwc-floats"].map { "colour-\($0)" }
    + ["nhw", "nchw", "nhwc", "nhw-doubles"].map { "gray-\($0)" }

  /// The images in a file of `arrays`.
  private func images(_ arrays: [(name: String, array: NumPyArray)], _ split: Split = .train) throws -> LabeledImages {
    try Fixture.withTemporaryFolder { folder in
      try write(NumPyArchive.fileBytes(of: arrays), to: "\(folder)/a.npz")
      return try load("\(folder)/a.npz", split)
    }
  }

  private func bytes(_ shape: [Int]) -> NumPyArray {
    NumPyArray(.uint8, shape: shape, bytes: [UInt8](repeating: 9, count: shape.reduce(1, *)))
  }

  private func labels(_ values: [Int64]) -> NumPyArray { NumPyArray(values) }

  @Test("Every layout and kind of pixels gives the same images, for both splits", arguments: layouts, ["npz", "h5"])
  func everyLayout(name: String, format: String) throws {
    let expected = try Expected.load()
    for split in Split.allCases {
      let images = try load(datasetPath("\(name).\(format)"), split)
      images.expect(name.hasPrefix("gray") ? expected.gray : expected.colour)
      #expect(images.name == name)
      #expect(images.split == split)
      #expect(images.classNames == ["0", "1", "2", "3", "4", "5", "6"])
    }
  }

  @Test("Bytes become the floats that dividing by 255 gives, and floats stay as they are")
  func exact() throws {
    let expected = try Expected.load().grayBits
    for name in ["gray-nhw.npz", "gray-nhw-doubles.npz", "gray-nhw-doubles.h5"] {
      #expect(try load(datasetPath(name)).pixelValues(of: 3).map(\.bitPattern) == expected, "\(name)")
    }
  }

  @Test("A file with both splits gives each its own images and both the same classes")
  func bothSplits() throws {
    let expected = try Expected.load().bothSplits
    for split in Split.allCases {
      let images = try load(datasetPath("both-splits.npz"), split)
      images.expect(expected[split])
      #expect(images.classNames.count == expected.classes)
    }
  }

  @Test("A damaged npz file of images is refused, or gives the images unharmed")
  func damaged() throws {
    let whole = try readBytes(path: datasetPath("gray-nhw.npz"), limit: 1 << 20)
    let expected = try Expected.load().gray
    try Fixture.withTemporaryFolder { folder in
      for position in whole.indices {
        var bytes = whole
        bytes[position] = ~bytes[position]
        try write(bytes, to: "\(folder)/a.npz")
        do {
          try load("\(folder)/a.npz").expect(expected)
        } catch let failure as Failure {
          #expect(failure.kind == .data, "byte \(position)")
        }
      }
    }
  }

  @Test("Where channels may be first and last they are first")
  func ambiguous() throws {
    #expect(try images([("x", bytes([2, 3, 5, 3])), ("y", labels([0, 1]))]).imageShape == [3, 5, 3])
    #expect(try images([("x", bytes([2, 5, 3, 3])), ("y", labels([0, 1]))]).imageShape == [3, 5, 3])
  }

  @Test(
    "Arrays of another shape are refused",
    arguments: [[6], [2, 12], [2, 5, 4, 5], [2, 2, 3, 4, 5], [2, 5, 0, 1], [3, 4, 4], [0, 4, 4]])
  func shapes(shape: [Int]) {
    expectFailure(.data, "a.npz: x: ") { _ = try images([("x", bytes(shape)), ("y", labels([0, 1]))]) }
  }

  @Test("Labels of another kind, shape, count or range are refused")
  func labelErrors() {
    let cases: [(array: NumPyArray, part: String)] = [
      (labels([0]), "x: 2 images but 1 labels"), (labels([0, 1, 2]), "x: 2 images but 3 labels"),
      (labels([]), "x: holds no images"), (labels([0, -1]), "y: image 1: label -1"),
      (labels([1 << 40, 0]), "y: image 0: label 1099511627776"),
      (NumPyArray([0, 1] as [Int64], shape: [1, 2]), "y: has the shape [1, 2]"),
      (NumPyArray([0, 1] as [Float]), "y: elements of kind '<f4', expected integers"),
    ]
    for (array, part) in cases {
      expectFailure(.data, "a.npz: \(part)") { _ = try images([("x", bytes([2, 4, 4])), ("y", array)]) }
    }
  }

  @Test(
    "Pixels that are not finite, outside 0...1 or other integers are refused",
    arguments: [
      -0.001, 1.001, 255, Float.nan, Float.infinity,
    ])
  func pixelErrors(value: Float) {
    let pixels = NumPyArray([0, 1, 0.5, 0.25, 0, value, 0, 0], shape: [2, 2, 2])
    expectFailure(.data, "a.npz: x: image 1: a pixel is \(value), expected 0...1") {
      _ = try images([("x", pixels), ("y", labels([0, 1]))])
    }
    expectFailure(.data, "a.npz: x: elements of kind '<i8', expected uint8") {
      _ = try images([("x", NumPyArray([0, 1] as [Int64], shape: [2, 1, 1])), ("y", labels([0, 1]))])
    }
  }

  @Test("A file without the arrays names those it has and those it needs")
  func missingArrays() {
    expectFailure(.data, "a.npz: has no array x but images, y; expected x and y, or x_train") {
      _ = try images([("images", bytes([2, 4, 4])), ("y", labels([0, 1]))])
    }
    expectFailure(.data, "has no array y but x;") { _ = try images([("x", bytes([2, 4, 4]))]) }
    expectFailure(.data, "has no array x but nothing;") { _ = try images([]) }
    let train = [("x_train", bytes([2, 4, 4])), ("y_train", labels([0, 1]))]
    expectFailure(.data, "has no array x but x_train, y_train;") { _ = try images(train, .test) }
    #expect(throws: Never.self) { try images(train) }
  }

  @Test("Missing files, other files and truncated ones are told apart", arguments: ["npz", "h5"])
  func files(format: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.\(format)"
      expectFailure(.noInput, "\(path): ") { _ = try load(path) }
      let whole = try readBytes(path: datasetPath("gray-nhw.\(format)"), limit: 1 << 20)
      for bytes in [[], Array("neither".utf8), Array(whole[..<100]), Array(whole.dropLast())] {
        try write(bytes, to: path)
        expectFailure(.data, path) { _ = try load(path) }
      }
    }
  }
}
