import Failures
import Foundation
import Records
import TestSupport
import Testing

/// Records of several settings in turns, as sweeps write them, are counted as if each setting came alone.
@Suite struct InterleavedFoldTests {
  /// What a record says beyond its setting, and the setting's number.
  private struct Answer {
    var setting: Int
    var index: Int
    var label, natural, perturbed: Int
    var hasFailed = false
    var hadZeroGradient = false
  }

  private func setting(_ number: Int) -> Setting {
    Setting(
      model: "m\(number % 2)", attack: "pgd", norm: "linf", epsilon: Double(number) / 255, rotation: Double(number),
      total: 40, parameters: .object([.init("steps", .integer(10))]))
  }

  private func line(_ answer: Answer) -> [UInt8] {
    PredictionRecord(
      setting: setting(answer.setting), pose: .init(degrees: 0.1 * Double(answer.index)), index: answer.index,
      label: answer.label, natural: answer.natural, perturbed: answer.perturbed, distance: 0.01,
      hadZeroGradient: answer.hadZeroGradient, failure: answer.hasFailed ? "no luck" : nil
    ).line
  }

  private func answers(settings: Int, seed: Int) -> [Answer] {
    var generator = Damage(seed: seed)
    return (0..<40).flatMap { index -> [Answer] in
      let label = Int.random(in: 0..<5, using: &generator)
      return (0..<settings).map { setting in
        Answer(
          setting: setting, index: index, label: label, natural: Int.random(in: 0..<5, using: &generator),
          perturbed: Int.random(in: 0..<5, using: &generator),
          hasFailed: Int.random(in: 0..<9, using: &generator) == 0,
          hadZeroGradient: Int.random(in: 0..<7, using: &generator) == 0)
      }
    }
  }

  private func fold(_ lines: [[UInt8]]) throws -> FoolingRateFold {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/records"
      try Data(lines.joined()).write(to: URL(fileURLWithPath: path))
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      var reader = RecordReader(LineReader(descriptor: file.fileDescriptor))
      var fold = FoolingRateFold()
      while try reader.next(counting: &fold) != nil {}
      return withExtendedLifetime(file) { fold }
    }
  }

  private func tally(_ answers: [Answer]) -> Tally {
    Tally(
      count: answers.count, fooled: answers.count { $0.natural != $0.perturbed },
      naturallyCorrect: answers.count { $0.natural == $0.label }, correct: answers.count { $0.perturbed == $0.label },
      failed: answers.count(where: \.hasFailed), zeroGradients: answers.count(where: \.hadZeroGradient))
  }

  @Test("In any order each setting has its own tally", arguments: [1, 2, 7, 30])
  func orders(settings: Int) throws {
    let answers = answers(settings: settings, seed: settings)
    var generator = Damage(seed: 99)
    let orders = [
      answers, answers.sorted { ($0.setting, $0.index) < ($1.setting, $1.index) }, answers.shuffled(using: &generator),
      answers.filter { ($0.index + $0.setting) % 3 > 0 },
    ]
    for order in orders {
      let fold = try fold(order.map(line))
      #expect(fold.tallies.count == settings)
      for (setting, tally) in fold.tallies {
        #expect(tally == self.tally(order.filter { self.setting($0.setting) == setting }))
      }
    }
  }

  @Test("The same record again is told however the first was read, another answer is refused")
  func repeated() throws {
    let answers = answers(settings: 5, seed: 3)
    let lines = answers.map(line)
    var generator = Damage(seed: 4)
    let again = try fold(lines + lines.shuffled(using: &generator))
    #expect(again.repeatedCount == lines.count)
    #expect(again.tallies.map(\.tally) == (try fold(lines)).tallies.map(\.tally))
    for place in [0, 17, 101, 199] {
      var other = answers[place]
      other.perturbed = (other.perturbed + 1) % 5
      #expect(throws: Failure.self) { try fold(lines + [line(other)]) }
      #expect(throws: Failure.self) { try fold(lines + lines.suffix(7) + [line(other)]) }
    }
  }

  @Test("Lines that are laid out otherwise come between")
  func foreignLines() throws {
    let answers = answers(settings: 4, seed: 8)
    let lines = answers.enumerated().map { place, answer in
      let line = String(decoding: line(answer), as: UTF8.self)
      // A space more is the same record, which the fast reader leaves to the general one.
      return Array((place % 5 == 2 ? line.replacingOccurrences(of: ",\"index\":", with: ", \"index\":") : line).utf8)
    }
    let fold = try fold(lines)
    for (setting, tally) in fold.tallies {
      #expect(tally == self.tally(answers.filter { self.setting($0.setting) == setting }))
    }
  }
}
