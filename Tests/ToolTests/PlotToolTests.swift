import Foundation
import ImageFiles
import Records
import TestSupport
import Testing

/// Figures through the program: where they go, and what it refuses.
@Suite struct PlotToolTests {
  private let tool = BuiltTool("cusp-plot")

  private func score(_ model: String, rotation: Double, right: Int) -> [UInt8] {
    let setting = Setting(model: model, attack: "none", norm: "none", epsilon: 0, rotation: rotation, total: 100)
    return ScoreRecord(
      setting: setting, tally: Tally(count: 100, fooled: 100 - right, naturallyCorrect: 100, correct: right)
    ).line
  }

  private var scores: [UInt8] { [0, 30.0, 60].flatMap { score("m", rotation: $0, right: 90 - Int($0)) } }

  private func epoch(_ number: Int) -> [UInt8] {
    EpochRecord(
      epoch: number, epochs: 3, learningRate: 0.1, rotation: 0, translation: 0, epsilon: 0, loss: 1, accuracy: 0.5,
      imagesPerSecond: 1, seconds: 1
    ).line
  }

  private func shell(_ command: String, records: [UInt8]) throws -> (outcome: BuiltTool.Outcome, files: [String: Data])
  {
    try Fixture.withTemporaryFolder { folder in
      try Data(records).write(to: URL(fileURLWithPath: "\(folder)/records"))
      let path = "\(BuiltTool.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
      let outcome = try BuiltTool(path: "/bin/bash").run(
        ["-o", "pipefail", "-c", command], environment: ["PATH": path], folder: folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "records" }
      let files = try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) }
      return (outcome, Dictionary(uniqueKeysWithValues: files))
    }
  }

  @Test("Standard output gets SVG, the same from a file, from two and from a pipe")
  func standardOutput() throws {
    let piped = try tool.run(["profile"], input: scores)
    #expect(piped.status == 0 && piped.errors.isEmpty)
    #expect(piped.text.hasPrefix("<svg xmlns=") && piped.text.hasSuffix("</svg>\n"))
    let line =
      "cusp-plot profile records && head -n 1 records > a && tail -n 2 records > b && cusp-plot profile a - < b"
    let others = try shell(line, records: scores)
    #expect(others.outcome.status == 0)
    #expect(others.outcome.text == piped.text + piped.text)
  }

  @Test("An output is what its name says, and the same bytes twice", arguments: ["svg", "png", "pdf", "json"])
  func outputs(ending: String) throws {
    let command = "cusp-plot profile records --output a.\(ending) && cusp-plot profile records --output b.\(ending)"
    let (outcome, files) = try shell(command, records: scores)
    if outcome.status == 66 {
      // Where librsvg is missing one line says what to install.
      #expect(["png", "pdf"].contains(ending) && outcome.errors.contains("apt install librsvg2-2"))
      #expect(files.isEmpty && outcome.errors.count { $0 == "\n" } == 1)
      return
    }
    #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
    let bytes = try #require(files["a.\(ending)"])
    #expect(files["b.\(ending)"] == bytes && files.count == 2)
    let first = ["svg": "<svg ", "png": "\u{89}PNG", "pdf": "%PDF", "json": "{\"$schema\""][ending] ?? "-"
    #expect(bytes.starts(with: first.unicodeScalars.map { UInt8($0.value) }))
    if ending == "png" { #expect(try ImageFile([UInt8](bytes), name: "a.png").width == 800) }
  }

  @Test("A paper's column is 1,000 dots wide as PNG, and a size is kept")
  func sizes() throws {
    let command =
      "cusp-plot profile records --theme paper --output a.png && cusp-plot profile records --size 400x300 --output b.png"
    let (outcome, files) = try shell(command, records: scores)
    guard outcome.status != 66 else { return }
    #expect(outcome.status == 0)
    #expect(try ImageFile([UInt8](try #require(files["a.png"])), name: "a.png").width == 1000)
    let small = try ImageFile([UInt8](try #require(files["b.png"])), name: "b.png")
    #expect(small.width == 400 && small.height == 300)
  }

  @Test(
    "Wrong input is one line and a status",
    arguments: [
      (
        ["profile"], "", 65,
        "no prediction, score or fooling-rate records on stdin; see what the program before it said"
      ),
      (["training"], "{\"type\":\"future\"}\n", 65, "no epoch records on stdin; see what the program before it said"),
      (["curve"], "hello\n", 65, "line 1, column 1: expected a value"),
      (["profile"], "{\"type\":\"score\",\"v\":1}", 65, "line 1: score record without `model`"),
      (["profile", "--x", "size"], "", 64, "--x size: give rotation, epsilon or translation"),
      (
        ["profile", "--output", "a.gif"], "", 64,
        "--output a.gif: end the name in .svg, .png, .pdf or .json, or say which with --as"
      ),
      (["profile", "--follow"], "", 64, "--follow: standard output is no terminal; name a file with --output"),
      (["profile", "--follow", "--output", "a.svg"], "", 64, "--follow: a profile is drawn once; take it out"),
      (["profile", "--as", "text", "--size", "400"], "", 64, "--size means nothing for text; leave it out"),
      (["profile", "missing.ndjson"], "", 66, "missing.ndjson: no such file; check the path"),
    ] as [([String], String, Int32, String)])
  func refusals(arguments: [String], input: String, status: Int32, message: String) throws {
    let outcome = try tool.run(arguments, text: input)
    #expect(outcome.status == status)
    #expect(outcome.errors == "cusp-plot: \(message)\n")
    #expect(outcome.output.isEmpty)
  }

  @Test("A kind or size that is none is a wrong command line", arguments: [["pie"], ["profile", "--size", "4x"], []])
  func usage(arguments: [String]) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 64 && outcome.errors.hasSuffix("; see cusp-plot --help\n"))
  }

  @Test("Errors of the program before are told, and its records drawn")
  func errorRecords() throws {
    let error: [UInt8] = ErrorRecord(code: "data", message: "bad image").line
    let outcome = try tool.run(["profile"], input: error + scores)
    #expect(outcome.status == 0 && outcome.errors == "cusp-plot: stdin: bad image\n")
    let mixed = try shell("cusp-plot profile records > f.svg; echo $?", records: scores + Array("{\n".utf8))
    #expect(mixed.outcome.text == "65\n" && mixed.outcome.errors.hasPrefix("cusp-plot: records: line 4"))
  }

  @Test("With --follow the file is drawn anew with every epoch, before the stream ends")
  func follow() throws {
    let command = """
      mkfifo pipe; cusp-plot training --follow --output f.svg < pipe & exec 3> pipe; head -n 1 records >&3
      for i in $(seq 500); do [ -e f.svg ] && break; sleep 0.02; done; grep -c '1 of 3 epochs' f.svg
      tail -n 2 records >&3; exec 3>&-; wait; grep -c '3 of 3 epochs' f.svg; rm pipe
      """
    let (outcome, files) = try shell(command, records: (1...3).flatMap(epoch))
    #expect(outcome.errors.isEmpty && files.count == 1)
    // In the description, and in the caption.
    #expect(outcome.text == "2\n2\n")
  }

  @Test("An input is never the output")
  func inputs() throws {
    for target in ["records", "./records"] {
      let (outcome, _) = try shell("cusp-plot profile records --as svg --output \(target)", records: scores)
      #expect(outcome.status == 64 && outcome.errors.contains("records"))
    }
  }

  @Test("Text is of the width of a terminal, and a full disk is noticed")
  func text() throws {
    let outcome = try tool.run(["profile", "--as", "text"], input: scores)
    #expect(outcome.text.contains("100 % │") && outcome.text.contains("⠶ m"))
    #expect(outcome.text.components(separatedBy: "\n").dropLast(2).allSatisfy { $0.count <= 400 })
    let full = try shell("cusp-plot profile records > /dev/full", records: scores)
    #expect(full.outcome.status == 74)
  }
}
