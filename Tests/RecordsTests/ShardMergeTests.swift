import Failures
import Foundation
import Records
import TestSupport
import Testing

/// Streams of shards made one, without files.
@Suite struct ShardMergeTests {
  /// A record of a stream: its setting's epsilon, its image, and its model.
  private struct Line {
    var epsilon = 0.1
    let index: Int
    var model = "m"
    var total: Int? = 6
    var isTrace = false
  }

  /// What `streams` come to; record N of a stream lies at bytes 10 N ..< 10 N + 10.
  private func whole(_ streams: [[Line]]) throws -> ShardMerge.Whole {
    var merge = ShardMerge()
    for stream in streams {
      merge.begin()
      for (number, line) in stream.enumerated() {
        var setting = Setting(model: line.model, attack: "pgd", norm: "linf", epsilon: line.epsilon, total: line.total)
        // Where the model lay is nobody's setting.
        setting.path = "\(line.model)-\(number).h5"
        let bytes =
          line.isTrace
          ? TraceRecord(setting: setting, index: line.index, label: 0, step: 0, loss: 0, margin: 0, distance: 0).line
          : PredictionRecord(setting: setting, index: line.index, label: 0, natural: 0, perturbed: 0, distance: 0).line
        let json = try JSON(parsing: bytes)
        let record = try #require(try records([json]).first)
        #expect(try merge.add(record, at: 10 * number..<10 * number + 10))
      }
    }
    return merge.finish()
  }

  /// Values as records of a stream.
  private func records(_ values: [JSON]) throws -> [StreamRecord] {
    try Fixture.withTemporaryFolder { folder in
      try Data(values.map { $0.bytes + [0x0A] }.joined()).write(to: URL(fileURLWithPath: "\(folder)/a"))
      let file = open("\(folder)/a", O_RDONLY)
      defer { close(file) }
      var reader = RecordReader(LineReader(descriptor: file))
      var records: [StreamRecord] = []
      while let record = try reader.next() { records.append(record) }
      return records
    }
  }

  private func pieces(_ whole: ShardMerge.Whole) -> [[Int]] {
    whole.pieces.map { [$0.stream, $0.bytes.lowerBound / 10, $0.bytes.upperBound / 10] }
  }

  @Test(
    "Streams that are a whole are sorted by image, their settings in their order; what is in order stays in one piece")
  func sorting() throws {
    let parts = [[0, 1], [2, 3], [4, 5]].map { $0.map { Line(index: $0) } }
    #expect(try pieces(whole([parts[0], parts[1], parts[2]])) == [[0, 0, 2], [1, 0, 2], [2, 0, 2]])
    #expect(try pieces(whole([parts[2], [], parts[0], parts[1]])) == [[2, 0, 2], [3, 0, 2], [0, 0, 2]])
    #expect(try pieces(whole([parts[0] + parts[1] + parts[2]])) == [[0, 0, 6]])
    #expect(try pieces(whole([parts[1] + parts[0] + parts[2]])) == [[0, 2, 4], [0, 0, 2], [0, 4, 6]])
    // Setting after setting, as others may write: an image's records come together.
    let apart = [0.1, 0.2].map { epsilon in (0..<2).map { Line(epsilon: epsilon, index: $0, total: 2) } }
    let merged = try whole([apart[0] + apart[1]])
    #expect(pieces(merged) == [[0, 0, 1], [0, 2, 3], [0, 1, 2], [0, 3, 4]] && merged.problems.isEmpty)
    // What led to a prediction stays before it.
    let traced = [Line(index: 1, total: 2, isTrace: true), Line(index: 1, total: 2), Line(index: 0, total: 2)]
    #expect(try pieces(whole([traced])) == [[0, 2, 3], [0, 0, 2]])
  }

  @Test("Models come in their order, each with all its images")
  func models() throws {
    func part(_ images: Range<Int>) -> [Line] {
      ["b", "a"].flatMap { model in images.map { Line(index: $0, model: model, total: 4) } }
    }
    let merged = try whole([part(2..<4), part(0..<2)])
    #expect(pieces(merged) == [[1, 0, 2], [0, 0, 2], [1, 2, 4], [0, 2, 4]])
    #expect(merged.problems.isEmpty && merged.settings.map(\.model) == ["b", "a"])
  }

  @Test("Images that are not there are told, of each setting, and none where nobody knows how many there are")
  func missing() throws {
    func missing(_ streams: [[Line]]) throws -> [String] {
      try whole(streams).problems.map { problem in
        guard case .missing(let images, let total, let settings) = problem else { return "\(problem)" }
        let budgets = settings.compactMap { $0.epsilon?.description }.joined(separator: ",")
        return "\(images.map { "\($0)" }.joined(separator: " ")) of \(total ?? -1) at \(budgets)"
      }
    }
    let lines = [0, 1, 3].map { Line(index: $0) }
    #expect(try missing([lines]) == ["2..<3 4..<6 of 6 at 0.1"])
    #expect(try missing([[Line(index: 5)]]) == ["0..<5 of 6 at 0.1"])
    #expect(try missing([[2, 4].map { Line(index: $0, total: nil) }]) == ["3..<4 of -1 at 0.1"])
    #expect(try missing([[Line(index: 7, total: nil)]]).isEmpty)
    let two = (0..<6).flatMap { image in [0.1, 0.2].map { Line(epsilon: $0, index: image) } }
    #expect(try missing([Array(two.dropLast())]) == ["5..<6 of 6 at 0.2"])
    #expect(try missing([Array(two[0..<4]), Array(two[8...])]) == ["2..<4 of 6 at 0.1,0.2"])
  }

  @Test("Images that come twice are told with their streams, those of one setting as those of all")
  func doubled() throws {
    func doubled(_ streams: [[Line]]) throws -> [String] {
      try whole(streams).problems.map { problem in
        guard case .doubled(let images, let streams, let settings) = problem else { return "\(problem)" }
        return "\(images.map { "\($0)" }.joined(separator: " ")) in \(streams) at \(settings.count)"
      }
    }
    let all = (0..<6).map { Line(index: $0) }
    #expect(try doubled([all, [all[1], all[2], all[4]]]) == ["1..<3 4..<5 in [0, 1] at 1"])
    #expect(try doubled([all + [all[5]]]) == ["5..<6 in [0, 0] at 1"])
    #expect(try doubled([all, [all[3]], [all[3]]]) == ["3..<4 in [0, 1] at 1", "3..<4 in [1, 2] at 1"])
    let two = (0..<6).flatMap { image in [0.1, 0.2].map { Line(epsilon: $0, index: image) } }
    #expect(try doubled([two, Array(two.suffix(2))]) == ["5..<6 in [0, 1] at 2"])
    #expect(try doubled([two, [two[11]]]) == ["5..<6 in [0, 1] at 1"])
  }

  @Test("A stream of other settings than most is foreign, wherever it comes; one that was cut is not")
  func foreign() throws {
    func foreign(_ streams: [[Line]]) throws -> [String] {
      try whole(streams).problems.compactMap { problem in
        guard case .foreign(let stream, let beside, let difference) = problem else { return nil }
        return "\(stream) beside \(beside): \(difference?.text() ?? "-")"
      }
    }
    let parts = (0..<3).map { part in [0.1, 0.2].map { Line(epsilon: $0, index: part) } }
    let other = [Line(epsilon: 0.1, index: 3), Line(epsilon: 0.3, index: 3)]
    #expect(try foreign([other] + parts) == ["0 beside 1: `epsilon` is 0.3, not 0.2"])
    #expect(try foreign(parts + [other]) == ["3 beside 0: `epsilon` is 0.3, not 0.2"])
    #expect(try foreign(parts + [[other[0]]]).isEmpty && foreign([[other[0]]] + parts).isEmpty)
    #expect(try foreign(parts + [other.reversed()]) == ["3 beside 0: `epsilon` is 0.3, not 0.1"])
    let retrained = [Line(epsilon: 0.1, index: 3, model: "n"), Line(epsilon: 0.2, index: 3, model: "n")]
    #expect(try foreign(parts + [retrained]) == ["3 beside 0: `model` is n, not m"])
    #expect(try foreign([parts[0], [Line(index: 1, total: 7)]]) == ["1 beside 0: `total` is 7, not 6"])
    // A foreign stream's images count for nothing.
    #expect(try whole(parts + [other]).problems.count == 2)
  }

  @Test("What is no prediction is told from what passes, and an image that no setting has is refused")
  func others() throws {
    var merge = ShardMerge()
    #expect(merge.isEmpty)
    let strange = try records([JSON(parsing: #"{"type":"weather","v":1}"#), JSON(parsing: #"{"type":"note","v":1}"#)])
    #expect(try merge.add(strange[0], at: 0..<5) && !merge.add(strange[1], at: 5..<9))
    #expect(merge.isEmpty && merge.others.map(\.bytes) == [0..<5] && merge.finish().pieces.isEmpty)
    for (index, total) in [(6, 6), (-1, 6), (0, -5), (-1, nil), (Int.max, nil)] as [(Int, Int?)] {
      let setting = Setting(model: "m", attack: "a", norm: "linf", epsilon: 0, total: total)
      let record = PredictionRecord(setting: setting, index: index, label: 0, natural: 0, perturbed: 0, distance: 0)
      let read = try records([JSON(parsing: record.line)])
      let failure = #expect(throws: Failure.self) { try merge.add(read[0], at: 0..<1) }
      #expect(failure?.kind == .data && failure?.message.hasPrefix("line 1: image \(index)") == true)
    }
  }
}
