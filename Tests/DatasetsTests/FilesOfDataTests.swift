import Datasets
import Failures
import Foundation
import Tensors
import TestSupport
import Testing

/// Which files are a data set's.
@Suite("Files of data sets")
struct FilesOfDataTests {
  @Test(
    "Every file that reading opens is among the inputs, packed and plain, and every file that writing makes is an output",
    arguments: ["mnist", "fashion", "cifar10", "cifar100"])
  func folders(family: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let isColour = family.hasPrefix("cifar")
      let shape = isColour ? "3x32x32" : "1x4x4"
      let count = shape.split(separator: "x").compactMap { Int($0) }.reduce(1, *)
      let reference = try DatasetReference("\(family):\(folder)")
      let names = (0..<(family == "cifar100" ? 100 : 10)).map { "class \($0)" }
      let parts = try Split.allCases.map { split in
        try LabeledImages(
          name: family, split: split, imageShape: isColour ? [3, 32, 32] : [1, 4, 4],
          pixels: .bytes([UInt8](repeating: 1, count: 10 * count)), labels: Array(0..<10), classNames: names,
          place: family)
      }
      try reference.write(parts)
      let written = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
      #expect(Set(written) == Set(reference.outputFiles) && !written.isEmpty)
      #expect(Set(reference.outputFiles).isSubset(of: reference.inputFiles))
      #expect(Set(reference.outputFiles.map { "\($0).gz" }).isSubset(of: reference.inputFiles))
      // Each of them is needed by a split, or names its classes.
      #expect(try reference.loadAll().count == 2)
    }
  }

  @Test("Files of arrays are themselves, and built-in digits have none")
  func others() throws {
    #expect(try DatasetReference("a/b.npz").inputFiles == ["a/b.npz"])
    #expect(try DatasetReference("a/b.h5").outputFiles == ["a/b.h5"])
    #expect(try DatasetReference("digits").inputFiles.isEmpty)
    #expect(try DatasetReference("cifar10:d").inputFiles.contains("d/cifar-10-batches-bin/test_batch.bin.gz"))
  }
}
