import Datasets
import Failures
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// What a reader must find in a fixture or in real data, as NumPy sees it.
struct Summary: Decodable {
  let shape: [Int]
  let count: Int
  let labels: [Int]
  let labelSum: Int
  let pixelSum: Int

  enum CodingKeys: String, CodingKey {
    case shape, count, labels
    case labelSum = "label_sum"
    case pixelSum = "pixel_sum"
  }
}

/// `fixtures/datasets/expected.json`.
struct Expected: Decodable {
  struct Both: Decodable {
    let train: Summary
    let test: Summary
    let classes: Int?

    subscript(split: Split) -> Summary { split == .train ? train : test }
  }

  let mnist: Both
  let cifar10: Both
  let cifar100: Both
  let colour: Summary
  let gray: Summary
  let bothSplits: Both
  let grayTruths: Summary
  let grayBits: [UInt32]
  /// Images on a canvas: of `mnist` 9 pixels wide, of `cifar10` 40, of `gray` 24.
  let canvas: [String: Summary]

  enum CodingKeys: String, CodingKey {
    case mnist, cifar10, cifar100, colour, gray, canvas
    case bothSplits = "both-splits"
    case grayTruths = "gray-truths"
    case grayBits = "gray-bits"
  }

  static func load() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Fixture.data("datasets/expected.json"))
  }
}

extension LabeledImages {
  /// The pixels of the image at `index`.
  func pixelValues(of index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: imageShape.count) { buffer, initialized in
      writePixels(of: index, into: UnsafeMutableBufferPointer(rebasing: buffer[..<imageShape.count]))
      initialized = imageShape.count
    }
  }

  /// Expects that these are all images of a split that `summary` describes.
  func expect(_ summary: Summary, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(imageShape.sizes == summary.shape, sourceLocation: sourceLocation)
    #expect(indices == 0..<summary.count, sourceLocation: sourceLocation)
    let labels = indices.map(label)
    #expect(Array(labels.prefix(20)) == summary.labels, sourceLocation: sourceLocation)
    let labelSum = zip(labels, 0...).reduce(0) { $0 + $1.0 * (1 + $1.1 % 251) }
    #expect(labelSum == summary.labelSum, sourceLocation: sourceLocation)
    var (pixelSum, position) = (0, 0)
    for index in indices {
      for value in pixelValues(of: index) {
        pixelSum += Int((value * 255).rounded()) * (1 + position % 251)
        position += 1
      }
    }
    #expect(pixelSum == summary.pixelSum, sourceLocation: sourceLocation)
  }
}

/// The path of `fixtures/datasets/<name>`.
func datasetPath(_ name: String) -> String { Fixture.path("datasets/\(name)") }

/// The images that `text` names.
func load(_ text: String, _ split: Split = .train, limit: Int? = nil) throws -> LabeledImages {
  try DatasetReference(text).load(split: split, limit: limit)
}

/// Expects that `body` fails for a reason of `kind` with a message that contains `part`.
func expectFailure(
  _ kind: Failure.Kind, _ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
  #expect(failure?.kind == kind, sourceLocation: sourceLocation)
  #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")", sourceLocation: sourceLocation)
}

/// Runs `body` with a copy of `fixtures/datasets/<name>`, a folder that may be damaged.
func withCopy(of name: String, _ body: (String) throws -> Void) throws {
  try Fixture.withTemporaryFolder { folder in
    let copy = "\(folder)/\(name)"
    try FileManager.default.copyItem(atPath: datasetPath(name), toPath: copy)
    try body(copy)
  }
}

/// Replaces the bytes of the file at `path` by what `change` makes of them.
func edit(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
  var bytes = try readBytes(path: path, limit: 1 << 20)
  change(&bytes)
  try write(bytes, to: path)
}

/// Makes or replaces the file at `path`, without waiting for the disk.
func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
