import Foundation
import Records
import TestSupport
import Testing

/// Options of figures through the program, and terminals.
@Suite struct PlotOptionToolTests {
  private let tool = BuiltTool("cusp-plot")

  private func score(_ model: String, rotation: Double = 0, epsilon: Double = 0, right: Int) -> [UInt8] {
    let isNatural = epsilon == 0
    let setting = Setting(
      model: model, attack: isNatural ? "none" : "pgd", norm: isNatural ? "none" : "linf", epsilon: epsilon,
      rotation: rotation, data: "digits", split: "test", total: 100)
    return ScoreRecord(
      setting: setting, tally: Tally(count: 100, fooled: 100 - right, naturallyCorrect: 100, correct: right)
    ).line
  }

  /// Two seeds of one model and another model, turned and attacked.
  private var scores: [UInt8] {
    ["cusp-s1.h5", "cusp-s2.h5", "other.h5"].enumerated().flatMap { place, model in
      [
        score(model, right: 95), score(model, rotation: 30, right: 80 - place), score(model, rotation: 60, right: 60),
        score(model, epsilon: 8 / 255, right: 40 + 2 * place),
      ].joined()
    }
  }

  private func bash(_ command: String, records: [UInt8], environment: [String: String] = [:]) throws
    -> BuiltTool.Outcome
  {
    try Fixture.withTemporaryFolder { folder in
      try Data(records).write(to: URL(fileURLWithPath: "\(folder)/records"))
      let path = "\(BuiltTool.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
      return try BuiltTool(path: "/bin/bash").run(
        ["-o", "pipefail", "-c", command], environment: environment.merging(["PATH": path]) { $1 }, folder: folder)
    }
  }

  @Test("Help lists the kinds, and each of them is told what it lacks")
  func kinds() throws {
    let help = try tool.run(["--help"])
    #expect(help.status == 0)
    for kind in ["profile", "curve", "pareto", "heatmap", "training", "confusion"] {
      #expect(help.text.contains(kind))
      let outcome = try tool.run([kind], text: "{\"type\":\"future\",\"v\":1}\n")
      #expect(outcome.status == 65 && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("cusp-plot: no ") && outcome.errors.contains(" records "))
    }
    let wrong = try tool.run(["pie"])
    #expect(
      wrong.status == 64
        && wrong.errors.contains(": give profile, curve, pareto, heatmap, training, confusion, images or filters;"))
  }

  @Test("A title is above the figure and in the document's name, with whatever it holds")
  func title() throws {
    let outcome = try tool.run(["profile", "--x", "rotation", "--title", "A <b> & 'c' $(d)"], input: scores)
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("<title>A &lt;b&gt; &amp; 'c' $(d)</title>"))
    #expect(outcome.text.contains(">A &lt;b&gt; &amp; 'c' $(d)</text>"))
    let text = try tool.run(["profile", "--x", "rotation", "--title", "Turned", "--as", "text"], input: scores)
    #expect(text.text.hasPrefix("Turned\naccuracy\n"))
  }

  @Test("Seeds are one dot with --seeds, and models by themselves without")
  func seeds() throws {
    let apart = try tool.run(["pareto", "--as", "text", "--x", "rotation=30"], input: scores)
    #expect(apart.status == 0 && apart.text.contains("⠶ cusp-s1.h5\n⠶ cusp-s2.h5\n⠶ other.h5\n"))
    let together = try tool.run(["pareto", "--as", "text", "--x", "rotation=30", "--seeds"], input: scores)
    #expect(together.text.contains("⠶ cusp.h5 (2 seeds)\n⠶ other.h5\n"))
    #expect(together.text.contains("Bars: from the least to the largest seed."))
  }

  @Test("Settings named by --by tell lines apart, and what falls together is told")
  func by() throws {
    let turned = scores.split(separator: 0x0A).filter { !String(decoding: $0, as: UTF8.self).contains("pgd") }
    let records = Array(turned.joined(separator: [0x0A])) + [0x0A]
    let models = try tool.run(["profile", "--by", "model", "--as", "text"], input: records)
    #expect(models.status == 0 && models.text.contains("⠶ cusp-s1.h5\n⠶ cusp-s2.h5\n⠶ other.h5\n"))
    let data = try tool.run(["profile", "--by", "data"], input: records)
    #expect(data.status == 65 && data.errors.hasSuffix("they differ in model; say so with --by\n"))
  }

  @Test("Records in one order are one figure, however they are cut into files, whatever the language and the place")
  func sameBytes() throws {
    let command = """
      cusp-plot profile records > a.svg
      split -l 5 records part-; cusp-plot profile part-* > b.svg; cat part-* | cusp-plot profile - > c.svg
      mkdir elsewhere; cd elsewhere; LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo cusp-plot profile ../records > ../d.svg; cd ..
      cat records records | cusp-plot profile > e.svg
      for i in b c d e; do cmp a.svg $i.svg || echo $i; done; wc -c < a.svg
      """
    let outcome = try bash(command, records: scores)
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(Int(outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 > 3000)
  }

  @Test("Models are called by the file that a checkpoint record announces, wherever it stands")
  func checkpoints() throws {
    let digest = String(repeating: "c0", count: 32)
    let record = score(digest, rotation: 30, right: 50)
    let announced = CheckpointRecord(path: "/x/net.h5", digest: digest, epoch: 1, architecture: "a", data: "digits")
      .line
    for records in [record + announced, announced + record] {
      #expect(try tool.run(["profile", "--as", "text"], input: records).text.contains("⠶ net.h5\n"))
    }
    #expect(try tool.run(["profile", "--as", "text"], input: record).text.contains("⠶ c0c0c0c0c0c0\n"))
  }

  @Test(
    "On a terminal a figure is drawn in it, in colours unless these are not wanted",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func terminal() throws {
    func onTerminal(_ words: String, _ environment: [String: String]) throws -> BuiltTool.Outcome {
      try bash(
        "script -qec \"cusp-plot profile records \(words)\" /dev/null < /dev/null", records: scores,
        environment: environment)
    }
    let coloured = try onTerminal("", ["TERM": "xterm-256color", "NO_COLOR": ""])
    #expect(coloured.status == 0)
    #expect(coloured.text.contains("\u{1B}[34m") && coloured.text.contains("100 % │"))
    for environment in [["TERM": "dumb"], ["TERM": "xterm-256color", "NO_COLOR": "1"]] {
      let plain = try onTerminal("", environment)
      #expect(plain.text.contains("100 % │") && !plain.text.contains("\u{1B}["))
    }
    #expect(try onTerminal("--as svg", ["TERM": "xterm"]).text.hasPrefix("<svg "))
    let picture = try onTerminal("--as png", ["TERM": "xterm"])
    #expect(picture.status == 64 && picture.text.contains("standard output is a terminal; name a file with --output"))
    let waiting = try bash(
      "script -qec 'cusp-plot training' /dev/null < /dev/null", records: [], environment: ["TERM": "dumb"])
    #expect(
      waiting.status == 64 && waiting.text.contains("standard input is a terminal; pipe records in, as in cusp-train"))
  }

  @Test("A figure replaces an earlier file as a whole, and leaves it where records are wrong")
  func replacing() throws {
    let command = """
      echo earlier > a.svg; echo '{' | cusp-plot profile --output a.svg; cat a.svg
      cusp-plot profile records --output a.svg && head -c 4 a.svg; ls
      """
    let outcome = try bash(command, records: scores)
    #expect(outcome.text == "earlier\n<svga.svg\nrecords\n")
    #expect(outcome.errors.hasPrefix("cusp-plot: line 1") && outcome.errors.count { $0 == "\n" } == 1)
    let nowhere = try bash("cusp-plot profile records --output no/such/a.svg", records: scores)
    #expect(nowhere.status == 73 && nowhere.errors.count { $0 == "\n" } == 1)
    let low = try bash("cusp-plot profile records --size 400x60; echo $?", records: scores)
    #expect(low.text == "64\n" && low.errors.hasPrefix("cusp-plot: --size: too low for this figure; give 400x"))
  }

  @Test("Many predictions of many settings are counted as fast as they can be read, in little memory")
  func many() throws {
    // 100,000 records in the order in which a sweep writes them, of 10 rotations.
    let command = """
      awk 'BEGIN { for (i = 0; i < 10000; i++) for (r = 0; r < 100; r += 10)
        printf "{\\"type\\":\\"prediction\\",\\"v\\":1,\\"model\\":\\"m\\",\\"attack\\":\\"none\\",\\"norm\\":\\"none\\",\
      \\"epsilon\\":0,\\"rotation\\":%d,\\"translation\\":0,\\"pose\\":{\\"degrees\\":%d,\\"dx\\":0,\\"dy\\":0},\
      \\"index\\":%d,\\"label\\":1,\\"natural\\":1,\\"perturbed\\":%d,\\"distance\\":0}\\n", r, r, i, i % 100 < r }' > many
      wc -l < many; ulimit -v 4000000; cusp-plot profile many --as vega-lite | grep -o '"y":[0-9][0-9.]*'
      """
    let outcome = try bash(command, records: [])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.first == "100000")
    #expect(
      lines.dropFirst()
        == ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"].map { "\"y\":\($0)" }[...])
  }
}
