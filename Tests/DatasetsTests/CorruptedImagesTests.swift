import Archives
import Datasets
import Failures
import Foundation
import Tensors
import TestSupport
import Testing

/// Corrupted images in files as CIFAR-10-C has them, written by NumPy.
@Suite("Files of corrupted images")
struct CorruptedImagesTests {
  private struct Expected: Decodable {
    struct Pixels: Decodable { let first, last: [Int] }
    let corrupted: Pixels
  }

  /// Two images of 4x5 pixels with the labels that the files have.
  private func clean(labels: [Int] = [3, 1], shape: Shape = [3, 4, 5]) throws -> LabeledImages {
    try LabeledImages(
      name: "clean", split: .test, imageShape: shape,
      pixels: .bytes([UInt8](repeating: 0, count: labels.count * shape.count)), labels: labels,
      classNames: (0..<10).map(String.init), place: "clean")
  }

  private func pixels(_ images: CorruptedImages, of index: Int, severity: Int) throws -> [Int] {
    var pixels = [Float](repeating: -1, count: 60)
    try pixels.withUnsafeMutableBufferPointer { try images.writePixels(of: index, severity: severity, into: $0) }
    return pixels.map { Int(($0 * 255).rounded()) }
  }

  @Test("Images are found by severity and index, channels first")
  func reads() throws {
    let expected = try JSONDecoder().decode(Expected.self, from: Fixture.data("datasets/public.json")).corrupted
    let images = try CorruptedImages("fog", in: datasetPath("cifar10-c"))
    #expect(images.name == "fog" && images.count == 2)
    try images.check(clean())
    #expect(try pixels(images, of: 0, severity: 1) == expected.first)
    #expect(try pixels(images, of: 1, severity: 5) == expected.last)
    #expect(try CorruptedImages("fog", in: datasetPath("cifar10-c")) == images)
  }

  @Test("They lie in the folder of the archive, too, and what is not there is told with what is")
  func places() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: datasetPath("cifar10-c"), toPath: "\(folder)/CIFAR-10-C")
      #expect(try CorruptedImages("fog", in: folder).count == 2)
      expectFailure(.noInput, "snow.npy: no such file; there are fog, labels") {
        _ = try CorruptedImages("snow", in: folder)
      }
      expectFailure(.noInput, "there are none at all") { _ = try CorruptedImages("fog", in: "\(folder)/nowhere") }
      expectFailure(.usage, "no name of a corruption") { _ = try CorruptedImages("../fog", in: folder) }
    }
  }

  @Test("Images of other sizes, labels or numbers are no others' versions")
  func belonging() throws {
    let images = try CorruptedImages("fog", in: datasetPath("cifar10-c"))
    expectFailure(.data, "image 1: label 1, and clean has 2; these are no versions of its test images") {
      try images.check(clean(labels: [3, 2]))
    }
    expectFailure(.data, "2 images a severity, and clean has more") { try images.check(clean(labels: [3, 1, 1])) }
    expectFailure(.data, "images [3, 4, 5], expected [3x5x4]") { try images.check(clean(shape: [3, 5, 4])) }
  }

  @Test("Files that hold something else are refused")
  func damaged() throws {
    try withCopy(of: "cifar10-c") { folder in
      try edit("\(folder)/fog.npy") { $0.removeLast() }
      expectFailure(.data, "expected bytes [5 n, h, w, c] and no more") { _ = try CorruptedImages("fog", in: folder) }
      try write(NumPyArray([1, 2, 3] as [Float]).fileBytes, to: "\(folder)/fog.npy")
      expectFailure(.data, "has the shape [3]") { _ = try CorruptedImages("fog", in: folder) }
    }
    try withCopy(of: "cifar10-c") { folder in
      try write(NumPyArray([1, 2, 3] as [Int64]).fileBytes, to: "\(folder)/labels.npy")
      expectFailure(.data, "labels.npy: 3 labels, expected the 10 of") { _ = try CorruptedImages("fog", in: folder) }
    }
  }
}
