import Foundation
import Records
import TestSupport
import Testing

@Suite struct SummariseTests {
  private let tool = BuiltTool("cusp-summarise")

  private func checkpoint(_ name: String) -> String {
    let record = CheckpointRecord(
      path: "/m/\(name).h5", digest: name, epoch: 1, architecture: "digits-cnn", data: "digits")
    return String(decoding: record.line, as: UTF8.self)
  }

  private func score(_ model: String, rotation: Double = 0, epsilon: Double = 0, right: Int) -> String {
    let isNatural = epsilon == 0
    let setting = Setting(
      model: model, attack: isNatural ? "none" : "pgd", norm: isNatural ? "none" : "linf", epsilon: epsilon,
      rotation: rotation, data: "digits", split: "test", total: 100)
    let tally = Tally(count: 100, fooled: 100 - right, naturallyCorrect: 95, correct: right)
    return String(decoding: ScoreRecord(setting: setting, tally: tally).line, as: UTF8.self)
  }

  private var records: String {
    ["pgd-1", "pgd-2", "cusp-1", "cusp-2"].map(checkpoint).joined()
      + score("pgd-1", rotation: 30, right: 70) + score("pgd-2", rotation: 30, right: 72)
      + score("pgd-1", epsilon: 0.1, right: 60) + score("pgd-2", epsilon: 0.1, right: 64)
      + score("cusp-1", rotation: 30, right: 85) + score("cusp-2", rotation: 30, right: 85)
  }

  @Test("Records from files or standard input, the same; each is what its schema allows")
  func streams() throws {
    let piped = try tool.run(text: records)
    #expect(piped.status == 0 && piped.errors.isEmpty)
    #expect(RecordSchemas.problems(inOutput: piped.text).isEmpty)
    #expect(piped.text.split(separator: "\n").count == 3)
    #expect(
      piped.text.hasPrefix(
        #"{"type":"summary","v":1,"name":"pgd.h5","attack":"none","norm":"none","epsilon":0,"rotation":30,"#))
    try Fixture.withTemporaryFolder { folder in
      let halves = records.split(separator: "\n", omittingEmptySubsequences: true).map { "\($0)\n" }
      try Data(halves[..<5].joined().utf8).write(to: URL(fileURLWithPath: "\(folder)/a"))
      try Data(halves[5...].joined().utf8).write(to: URL(fileURLWithPath: "\(folder)/b"))
      #expect(try tool.run(["\(folder)/a", "\(folder)/b"]).output == piped.output)
      #expect(try tool.run(["\(folder)/a", "-"], text: halves[5...].joined()).output == piped.output)
    }
  }

  @Test("A table has a row a setting and a column a method")
  func table() throws {
    let outcome = try tool.run(["--format", "text"], text: records)
    #expect(
      outcome.text == """
                           pgd.h5       cusp.h5
        seeds                   2             2
        images                100           100
        natural      95.0 ± 0.0 %  95.0 ± 0.0 %
        rotation 30  71.0 ± 1.4 %  85.0 ± 0.0 %
        pgd 0.1      62.0 ± 2.8 %             -

        """)
  }

  @Test("Spreadsheets have a column a member, the means' own among them")
  func spreadsheets() throws {
    let comma = try tool.run(["--format", "csv"], text: records)
    let lines = comma.text.split(whereSeparator: \.isNewline)
    #expect(comma.status == 0 && lines.count == 4)
    let titles = try #require(lines.first).split(separator: ",").map(String.init)
    #expect(titles.contains("name") && titles.contains("rotation") && titles.contains { $0.hasPrefix("accuracy") })
    #expect(lines.dropFirst().allSatisfy { $0.contains("pgd.h5") || $0.contains("cusp.h5") })
    let tabs = try tool.run(["--format", "tsv"], text: records)
    #expect(tabs.text.split(separator: "\n").count == 4 && tabs.text.contains("\t"))
    let whole = try JSON(parsing: tool.run(["--format", "json"], text: records).text)
    #expect(whole.array?.compactMap { $0["name"]?.string } == ["pgd.h5", "pgd.h5", "cusp.h5"])
  }

  @Test("Scores that name their model's file need no checkpoint records")
  func paths() throws {
    let scores = try ["0a", "0b"].enumerated().map { place, model in
      var record = try ScoreRecord(json: JSON(parsing: score(model, rotation: 30, right: 80 + place)))
      record.setting.path = "runs/cusp-seed\(place + 1).h5"
      return String(decoding: record.line, as: UTF8.self)
    }
    let found = try tool.run(text: scores.joined()).records()
    #expect(found.count == 1 && found.first?["name"]?.string == "cusp.h5")
    #expect(found.first?["models"]?.array?.compactMap(\.string) == ["0a", "0b"])
  }

  @Test(
    "Wrong input is one line on standard error and a status",
    arguments: [
      ("", 65, "no scores, fooling rates or predictions"), ("{\"type\":\"later\"}\n", 65, "no scores, fooling rates"),
      ("hello\n", 65, "line 1, column 1: expected a value"),
      ("{\"type\":\"score\",\"v\":1}\n", 65, "line 1: score record without `model`"),
    ])
  func failures(input: String, status: Int32, message: String) throws {
    let outcome = try tool.run(text: input)
    #expect(outcome.status == status && outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("cusp-summarise: ") && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }

  @Test("A file is named in what is wrong with it")
  func named() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data("hello\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/scores"))
      #expect(try tool.run(["\(folder)/scores"]).errors.hasPrefix("cusp-summarise: \(folder)/scores: line 1"))
      #expect(try tool.run(["\(folder)/none"]).status == 66)
    }
  }
}
