import Failures
import Foundation
import Records
import TestSupport
import Testing

/// The fast way to count predictions agrees with the general reader on every stream.
@Suite struct PredictionTemplateTests {
  /// What became of a stream: the rates, or where it failed, and the records that were none.
  private struct Result: Equatable {
    var rates: [FoolingRateRecord] = []
    var others: [String] = []
    var failures: [Failure] = []
    var repeated = 0
  }

  private func result(
    _ text: [UInt8], _ next: (inout RecordReader, inout FoolingRateFold) throws -> StreamRecord?
  ) throws -> Result {
    try Fixture.withTemporaryFolder { folder in
      try Data(text).write(to: URL(fileURLWithPath: "\(folder)/stream"))
      let descriptor = open("\(folder)/stream", O_RDONLY)
      defer { close(descriptor) }
      var (result, fold) = (Result(), FoolingRateFold())
      var reader = RecordReader(LineReader(descriptor: descriptor))
      while true {
        do {
          guard let record = try next(&reader, &fold) else { break }
          result.others.append(record.type)
        } catch let failure as Failure {
          result.failures.append(failure)
        }
      }
      (result.rates, result.repeated) = (fold.records, fold.repeatedCount)
      return result
    }
  }

  private func check(_ text: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws -> [FoolingRateRecord] {
    let fast = try result(text) { reader, fold in try reader.next(counting: &fold) }
    let general = try result(text) { reader, fold in
      while let record = try reader.next() {
        guard record.type == PredictionRecord.type else { return record }
        let prediction = try record.decode(PredictionRecord.self)
        do {
          try reader.bytes.withUnsafeBufferPointer { try fold.add(prediction, line: $0) }
        } catch let failure as Failure {
          throw Failure(failure.kind, "line \(record.line): \(failure.message)")
        }
      }
      return nil
    }
    #expect(fast == general, sourceLocation: sourceLocation)
    return fast.rates
  }

  private func record(_ random: inout SystemRandomNumberGenerator, index: Int = 0) -> PredictionRecord {
    let setting = Setting(
      model: Int.random(in: 0..<20, using: &random) == 0 ? "m,{\"pose\":[é" : "m", attack: "pgd", norm: "linf",
      epsilon: Bool.random(using: &random) ? 0.25 : 0.5, data: "d", split: "test", total: 250,
      parameters: Bool.random(using: &random) ? .object([]) : nil)
    let hasExtras = Int.random(in: 0..<6, using: &random) == 0
    return PredictionRecord(
      setting: setting,
      pose: hasExtras ? .init(degrees: Double.random(in: -90...90, using: &random), dx: -1, dy: 0.5) : .init(),
      index: index, label: Int.random(in: 0..<3, using: &random),
      natural: Int.random(in: 0..<3, using: &random), perturbed: Int.random(in: 0..<3, using: &random),
      distance: hasExtras ? 1e-7 : Float.random(in: 0...0.25, using: &random),
      logits: hasExtras ? [1, 2, 3] : nil, steps: hasExtras ? 4 : nil,
      hadZeroGradient: Int.random(in: 0..<9, using: &random) == 0,
      failure: Int.random(in: 0..<9, using: &random) == 0 ? "no" : nil)
  }

  @Test("Random records are counted alike")
  func random() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      let rates = try check((0..<200).flatMap { record(&random, index: $0).line })
      #expect(rates.map(\.count).reduce(0, +) == 200)
      #expect(rates.map(\.failed).reduce(0, +) > 0 && rates.contains { $0.zeroGradients > 0 })
      #expect(rates.map(\.missing).reduce(0, +) == rates.count * 250 - 200)
    }
  }

  @Test("Records that come again, the same or changed, are left out or refused alike")
  func repetitions() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<40 {
      let records = (0..<30).map { record(&random, index: $0) }
      let again = (0..<60).map { _ in
        var record = records[Int.random(in: 0..<30, using: &random)]
        if Bool.random(using: &random) { record.distance += 0.125 }
        return record
      }
      _ = try check((records + again).flatMap(\.line))
    }
  }

  @Test("Records with a byte changed, lost, doubled or swapped are counted or refused alike")
  func damage() throws {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array(#"{}[]",:.-+eE0019 \tnul"#.utf8)
    for _ in 0..<400 {
      var text: [UInt8] = []
      let like = record(&random).line
      for _ in 0..<6 {
        var line = like
        let place = Int.random(in: 0..<line.count - 1, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: line[place] = alphabet.randomElement(using: &random) ?? 0
        case 1: line.remove(at: place)
        case 2: line.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
        case 3: line.swapAt(place, max(0, place - 1))
        default: break
        }
        text += line
      }
      _ = try check(text)
    }
  }

  static let usual =
    #"{"type":"prediction","v":1,"model":"m","attack":"pgd","norm":"linf","epsilon":0.5,"rotation":0,"translation":0,"#
    + #""pose":{"degrees":0,"dx":0,"dy":0},"index":1,"label":2,"natural":2,"perturbed":2,"distance":0.5}"#

  @Test(
    "What only looks like the record before is left to the general reader",
    arguments: [
      (#""natural":2"#, #""natural":02"#), (#""natural":2"#, #""natural":-0"#), (#""natural":2"#, #""natural":2.0"#),
      (#""natural":2"#, #""natural":99999999999999999999"#), (#""natural":2"#, #""natural":1000000000000000000"#),
      (#""natural":2"#, #""natural":-7"#), (#""natural":2"#, #""natural": 1"#), (#""natural":2"#, #""natural":1e0"#),
      (#""natural":2"#, #""natural":"#), (#""distance":0.5"#, #""distance":0."#),
      (#""distance":0.5"#, #""distance":.5"#),
      (#""distance":0.5"#, #""distance":1e400"#), (#""distance":0.5"#, #""distance":00.5"#),
      (#""distance":0.5"#, #""distance":-0"#), (#""distance":0.5"#, #""distance":0.5,"natural":1"#),
      (#""dx":0"#, #""dx":0,"dx":0"#), (#""dx":0"#, #""dx":null"#), (#""distance":0.5}"#, #""distance":0.5"#),
      (#""distance":0.5}"#, #""distance":0.5}}"#), (#""distance":0.5}"#, #""distance":0.5} "#), ("0.5,", "0.50,"),
      (#""model":"m""#, #""model":"n""#), (#","pose""#, #","other":{"pose":1},"pose""#),
    ])
  func lookalikes(part: String, other: String) throws {
    let changed = Self.usual.replacing(part, with: other)
    #expect(changed != Self.usual)
    for lines in [[Self.usual, changed, Self.usual], [changed, changed, Self.usual], [changed, Self.usual, changed]] {
      _ = try check(Array((lines.joined(separator: "\n") + "\n").utf8))
    }
  }

  @Test("A member that only nests what a prediction has is not taken for it")
  func nested() throws {
    let start = try #require(Self.usual.range(of: #","pose""#)).lowerBound
    let (head, pose) = (Self.usual[..<start], Self.usual[start...].dropLast())
    func line(_ natural: Int) -> String {
      let nested = pose.replacing(#""natural":2"#, with: #""natural":\#(natural)"#).dropFirst()
      return "\(head),\"x\":{\"y\":1,\(nested)}\(pose)}\n"
    }
    let rates = try check(Array((0..<5).map(line).joined().utf8))
    #expect(rates.map(\.fooled) == [0])
  }
}
