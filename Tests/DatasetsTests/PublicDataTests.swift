import Archives
import Datasets
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Data sets that are mostly fetched, in files of other writers, and what is told of images.
@Suite("Public data sets")
struct PublicDataTests {
  private struct Expected: Decodable {
    struct Statistics: Decodable {
      let mean, deviation: [Double]
      let counts: [Int]
      let digest: String
    }
    struct Splits: Decodable {
      let train, test: Summary
      subscript(split: Split) -> Summary { split == .train ? train : test }
    }
    let emnist, svhn: Splits
    let colour: Statistics

    static func load() throws -> Expected {
      try JSONDecoder().decode(Expected.self, from: Fixture.data("datasets/public.json"))
    }
  }

  @Test("EMNIST's balanced set is read where its archive, torchvision or people put it", arguments: Split.allCases)
  func emnist(split: Split) throws {
    for folder in ["emnist", "emnist/gzip"] {
      let images = try load("emnist:" + datasetPath(folder), split)
      try images.expect(Expected.load().emnist[split])
      #expect(images.classNames.count == 47 && images.classNames[46] == "t" && images.classNames[10] == "A")
    }
  }

  @Test("SVHN's files are read, packed or not, with 0 for the label 10", arguments: Split.allCases)
  func svhn(split: Split) throws {
    let images = try load("svhn:" + datasetPath("svhn"), split)
    try images.expect(Expected.load().svhn[split])
    #expect(images.label(of: 0) == 0 && images.name == "svhn")
  }

  @Test("SVHN's files of other arrays are refused")
  func svhnRefused() throws {
    try withCopy(of: "svhn") { folder in
      expectFailure(.noInput, "train_32x32.mat: no such file") {
        try FileManager.default.removeItem(atPath: "\(folder)/train_32x32.mat")
        _ = try load("svhn:\(folder)")
      }
      // The name of the first array of the file that is not packed.
      try edit("\(folder)/test_32x32.mat") { bytes in
        let place = bytes.indices.first { bytes[$0...].starts(with: [1, 0, 1, 0, UInt8(ascii: "X")]) } ?? 0
        bytes[place + 4] = UInt8(ascii: "Z")
      }
      expectFailure(.data, "has no arrays X and y but Z, y") { _ = try load("svhn:\(folder)", .test) }
      expectFailure(.usage, "is only read") { try DatasetReference("svhn:\(folder)").write([load("digits")]) }
    }
  }

  @Test("KMNIST's files are MNIST's, under other names of classes")
  func kmnist() throws {
    let images = try load("kmnist:" + datasetPath("mnist"), .test)
    #expect(images.name == "kmnist" && images.classNames.first == "o" && images.classNames.last == "wo")
  }

  @Test("Data sets of these layouts are written and read again", arguments: ["kmnist", "emnist"])
  func written(family: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let images = try load("mnist:" + datasetPath("mnist"), .test)
      try DatasetReference("\(family):\(folder)").write([images])
      let again = try load("\(family):\(folder)", .test)
      #expect(images.indices.allSatisfy { again.pixelValues(of: $0) == images.pixelValues(of: $0) })
      #expect(Set(try DatasetReference("\(family):\(folder)").outputFiles).count == 4)
    }
  }

  @Test("Means, deviations, counts and the digest are NumPy's")
  func statistics() throws {
    let expected = try Expected.load().colour
    for file in ["colour-nchw.npz", "colour-nhwc.npz", "colour-nchw-floats.npz", "colour-nchw.h5"] {
      let images = try load(datasetPath(file))
      for (found, wanted) in zip(images.channelStatistics, zip(expected.mean, expected.deviation)) {
        #expect(abs(found.mean - wanted.0) < 1e-9 && abs(found.deviation - wanted.1) < 1e-9, "\(file)")
      }
      #expect(images.classCounts == expected.counts)
      var bytes: [UInt8] = []
      images.forEachByte { bytes += $0 }
      let digest = try BuiltTool(path: "/usr/bin/env").run(["openssl", "sha256", "-r"], input: bytes)
      #expect(digest.text.hasPrefix(expected.digest), "\(file)")
    }
  }

  @Test("Images of chosen classes get their places in the list as labels, and what changes them sees where they were")
  func derived() throws {
    let images = try load("digits", .test)
    var seen: [Int] = []
    let made = try DerivedImages(images, classes: [7, 1]).images { pixels, index in
      seen.append(index)
      pixels[0] = 1
    }
    #expect(seen == images.indices.filter { [7, 1].contains(images.label(of: $0)) })
    #expect(made.classNames == ["7", "1"] && made.haveEightBits && made.count == seen.count)
    for (place, index) in seen.enumerated() {
      #expect(made.label(of: place) == (images.label(of: index) == 7 ? 0 : 1))
      #expect(made.pixelValues(of: place) == [1] + images.pixelValues(of: index).dropFirst())
    }
    let blended = try DerivedImages(images, classes: nil).images { pixels, _ in pixels[0] = 0.3 }
    #expect(blended.count == images.count && !blended.haveEightBits)
  }

  @Test("No image of the chosen classes is no data set, and a flat one has no deviation")
  func extremes() throws {
    let images = try load("digits", .test, limit: 1)
    let other = images.label(of: 0) == 3 ? 4 : 3
    expectFailure(.data, "holds no images") { _ = try DerivedImages(images, classes: [other]).images { _, _ in } }
    let flat = try DerivedImages(images, classes: nil).images { pixels, _ in pixels.update(repeating: 1) }
    #expect(flat.channelStatistics.map(\.mean) == [1] && flat.channelStatistics.map(\.deviation) == [0])
    #expect(flat.classCounts.reduce(0, +) == 1)
  }

  @Test("A name alone is the folder in the cache, if the data set was fetched")
  func fetched() async throws {
    await #expect(processExitsWith: .success) {
      try Fixture.withTemporaryFolder { folder in
        setenv("XDG_CACHE_HOME", folder, 1)
        expectFailure(
          .usage,
          "mnist: names no folder; write mnist:DIR, or fetch it to \(folder)/cusp/mnist by cusp-data fetch mnist"
        ) { _ = try DatasetReference("mnist") }
        try FileManager.default.createDirectory(atPath: "\(folder)/cusp", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: datasetPath("mnist"), toPath: "\(folder)/cusp/mnist")
        #expect(try DatasetReference("mnist") == .folder(.mnist, path: "\(folder)/cusp/mnist"))
        #expect(try load("canvas:9:mnist", .test).count == 6)
      }
    }
    await #expect(processExitsWith: .success) {
      // A relative path counts for nothing.
      setenv("XDG_CACHE_HOME", "cache", 1)
      setenv("HOME", "/h", 1)
      let folder = try FetchedData.folder(of: "mnist")
      #expect(folder == "/h/.cache/cusp/mnist")
      unsetenv("HOME")
      expectFailure(.usage, "set XDG_CACHE_HOME or HOME") { _ = try DatasetReference("svhn") }
    }
  }
}
