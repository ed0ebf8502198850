import Archives
import Attacks
import Datasets
import Evaluation
import Failures
import Files
import Foundation
import Records
import SavedSets
import TestSupport
import Testing

/// Sets that keep their promise, and sets that break a part of it.
@Suite("Verification")
struct VerificationTests {
  /// The first test images as a set.
  private struct Arrays {
    var images: [Float] = []
    var labels: [Int64]?
    var indices: [Int64]?
    var count: Int { images.count / 64 }

    init(_ count: Int) throws {
      let selection = try digits()
      for index in 0..<count {
        var image = [Float](repeating: 0, count: 64)
        image.withUnsafeMutableBufferPointer { selection.images.writePixels(of: index, into: $0) }
        images += image
      }
      labels = (0..<count).map { Int64(selection.images.label(of: $0)) }
      indices = (0..<Int64(count)).map { $0 }
    }

    func write(to path: String) throws {
      let arrays: [(name: String, array: NumPyArray)?] = [
        ("images", NumPyArray(images, shape: [count, 1, 8, 8])), labels.map { ("labels", NumPyArray($0)) },
        indices.map { ("indices", NumPyArray($0)) },
      ]
      try writeFile(at: path, bytes: NumPyArchive.fileBytes(of: arrays.compactMap(\.self)))
    }
  }

  /// What is found of `count` clean images after `change`.
  private func record(
    _ count: Int = 40, epsilon: Double = 0, tolerance: Double = 0, _ change: (inout Arrays) -> Void
  ) throws -> VerificationRecord {
    try Fixture.withTemporaryFolder { folder in
      var arrays = try Arrays(count)
      change(&arrays)
      try arrays.write(to: "\(folder)/set.npz")
      return try verify("\(folder)/set.npz", epsilon: epsilon, tolerance: tolerance)
    }
  }

  @Test("Clean images hold at epsilon 0, and as many are right as of the clean ones")
  func clean() throws {
    let record = try record { _ in }
    #expect(record.holds && record.distance == 0 && record.tally.fooled == 0)
    #expect(record.tally.correct == record.tally.naturallyCorrect && record.tally.count == 40)
    #expect(record.breaches == .init(order: 0, label: 0))
  }

  @Test("One pixel of one image moved by 1/255 too far is found, and a whole level at the radius is not")
  func onePixel() throws {
    for (levels, holds) in [(8, true), (9, false)] {
      let record = try record(epsilon: 8.0 / 255) { set in
        let pixel = 33 * 64 + 20
        let level = (set.images[pixel] * 255).rounded()
        set.images[pixel] = (level + Float(level < 128 ? levels : -levels)) / 255
      }
      #expect(record.holds == holds && record.breaches.ball == (holds ? 0 : 1))
      guard !holds else { continue }
      let offender = try #require(record.offenders.first)
      #expect((offender.place, offender.index) == (33, 33) && offender.problems == [.ball])
      #expect(abs((offender.distance ?? 0) - 9.0 / 255) < 1e-6)
    }
  }

  @Test("Numbers that are not finite and pixels out of range are found and told apart")
  func numbers() throws {
    let record = try record(epsilon: 0.5) { set in
      set.images[64] = .nan
      set.images[2 * 64 + 3] = .infinity
      set.images[5 * 64] = -0.25
      set.images[6 * 64] = -1e-6
    }
    #expect(!record.holds && record.breaches.finite == 2 && record.breaches.range == 2 && record.breaches.ball == 0)
    #expect(record.offenders.map(\.place) == [1, 2, 5, 6])
    #expect(record.offenders.map(\.problems) == [[.finite], [.finite], [.range], [.range]])
    #expect(record.offenders[0].distance == nil && record.distance == 0.25)
    // For an image without numbers the clean one answers.
    #expect(record.tally.count == 40)
    let forgiven = try self.record(epsilon: 0.5, tolerance: 1e-5) { $0.images[6 * 64] = -1e-6 }
    #expect(forgiven.holds)
  }

  @Test("Other labels, indices that do not grow and images in another order are found")
  func order() throws {
    let labels = try record { $0.labels?[7] = 10 }
    #expect(labels.breaches.label == 1 && labels.offenders.map(\.problems) == [[.label]])
    let twice = try record { set in
      set.indices?[8] = 7
      let label = set.labels?[7] ?? 0
      set.labels?[8] = label
      set.images.replaceSubrange(8 * 64..<9 * 64, with: set.images[7 * 64..<8 * 64])
    }
    #expect(twice.breaches.order == 1 && twice.offenders.map(\.place) == [8])
    #expect(twice.offenders.map(\.problems) == [[.order]])
    let swapped = try record { set in
      let first = Array(set.images[..<64])
      set.images.replaceSubrange(..<64, with: set.images[64..<128])
      set.images.replaceSubrange(64..<128, with: first)
    }
    #expect(swapped.breaches.ball == 2 && swapped.offenders.map(\.near) == [1, 0])
    let anonymous = try record { ($0.labels, $0.indices) = (nil, nil) }
    #expect(anonymous.holds && anonymous.breaches == .init())
  }

  @Test("Ten offenders are named, all are counted")
  func many() throws {
    let record = try record(50) { set in for place in 0..<50 { set.images[place * 64 + 9] = 2 } }
    #expect(record.breaches.ball == 50 && record.breaches.range == 50 && record.offenders.count == 10)
  }

  @Test("Images of no clean one are refused, and so are numbers that are not one an image")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      func expect(_ message: String, _ change: (inout Arrays) -> Void) throws {
        var arrays = try Arrays(4)
        change(&arrays)
        try arrays.write(to: "\(folder)/set.npz")
        let failure = #expect(throws: Failure.self) { try verify("\(folder)/set.npz", epsilon: 1) }
        #expect(failure?.kind == .data && failure?.message == "\(folder)/set.npz: \(message)")
      }
      try expect("image 2 has the index 360, and digits test has 360 images") { $0.indices?[2] = 360 }
      try expect("image 0 has the index -1, and digits test has 360 images") { $0.indices?[0] = -1 }
      try expect("labels: is not a whole number for each of the 4 images") { $0.labels?.removeLast() }
      try expect("holds 361 images, digits test 360") { set in
        (set.indices, set.labels) = (nil, nil)
        set.images = [Float](repeating: 0, count: 361 * 64)
      }
    }
  }

  @Test("What is written is what numpy.savez would write, and holds", arguments: [true, false])
  func written(isQuantised: Bool) throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, images) = ("\(folder)/set.npz", try digits().images[30..<50])
      var clean = [Float](repeating: 0, count: 64)
      try SavedSetFile(path: path, isQuantised: isQuantised).write(images) { append in
        for index in images.indices {
          clean.withUnsafeMutableBufferPointer { images.writePixels(of: index, into: $0) }
          try append(clean)
        }
      }
      let archive = try NumPyArchive(parsing: readBytes(path: path, limit: 1 << 20), limit: 1 << 20, name: path)
      #expect(archive.names == ["images", "indices", "labels"])
      let array = try #require(try archive.array("images"))
      #expect(array.shape == [20, 1, 8, 8] && array.element == (isQuantised ? .uint8 : .float32))
      #expect(try archive.array("indices")?.integers == (30..<50).map { $0 })
      #expect(try archive.array("labels")?.integers == images.indices.map { Int64(images.label(of: $0)) })
      let record = try verify(path, epsilon: 0)
      #expect(record.holds && record.tally.count == 20 && record.range == (isQuantised ? 255 : 1))
    }
  }

  @Test("A set that is not finished leaves the earlier file as it was, and nothing beside it")
  func unfinished() throws {
    struct Stop: Error {}
    try Fixture.withTemporaryFolder { folder in
      let (path, images) = ("\(folder)/set.npz", try digits().images[0..<3])
      try writeFile(at: path, bytes: [1, 2, 3])
      let file = SavedSetFile(path: path, isQuantised: false)
      #expect(throws: Stop.self) {
        try file.write(images) { append in
          try append([Float](repeating: 0, count: 64))
          throw Stop()
        }
      }
      // Fewer images than were promised are our fault, and no file either.
      #expect(throws: Failure.self) { try file.write(images) { try $0([Float](repeating: 0, count: 64)) } }
      #expect(try readBytes(path: path, limit: 10) == [1, 2, 3])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["set.npz"])
    }
  }
}
