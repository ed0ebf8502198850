import Foundation
import Records
import TestSupport
import Testing

/// Reports through the program: what it reads, what it refuses, and that it writes one whole file.
@Suite struct ReportToolTests {
  /// Runs `command` in a folder with a model `n.h5`, what announced it, and the records and set of an attack.
  private func withRuns(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get()
      let runs = "\(folder)/runs"
      try FileManager.default.createDirectory(atPath: runs, withIntermediateDirectories: false)
      try FileManager.default.copyItem(atPath: model.path, toPath: "\(runs)/n.h5")
      let outcome = try bash(
        """
        cusp-attack n.h5 --quiet --epsilon 0.2 --limit 60 --save set.npz > set.ndjson &&
          cusp-attack n.h5 --quiet --epsilon 26/255 --rotation 30 --limit 40 --save turned --as png > turned.ndjson &&
          cusp-evaluate n.h5 --quiet --rotation 0,30 --epsilon 0,0.1 --limit 40 > scores.ndjson
        """, folder: runs)
      try #require(outcome.status == 0, "\(outcome.errors)")
      try body(folder)
    }
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("A folder becomes one page, with models, figures and pictures of both kinds of sets; the same bytes twice")
  func folder() throws {
    try withRuns { folder in
      let outcome = try bash(
        "cusp-report runs --output runs/r.html && cusp-report runs --output runs/r.html && cusp-report runs > again",
        folder: folder)
      // The page itself is no input of the first two; of the third it is one that is left out.
      #expect(
        outcome.status == 0 && outcome.errors == "cusp-report: left out: runs/r.html: a web page in place of the file\n"
      )
      let page = try text("\(folder)/runs/r.html")
      for part in [
        "<h2>Accuracy and fooling rate</h2>", "<h2>Figures</h2>", "<h2>Pictures</h2>", "<h2>By class</h2>",
        "cusp-train --arch=digits-cnn --data=digits", "runs/set.npz</h3>", "runs/turned</h3>", "turned by",
        "<span>n.h5</span>",
      ] { #expect(page.contains(part), "\(part)") }
      #expect(page.components(separatedBy: "<figure class=\"tile\">").count > 12)
      let second = try bash(
        "cusp-report runs --quiet --output other.html; cmp other.html again && echo same", folder: folder)
      #expect(second.text == "same\n" && second.errors.isEmpty)
      #expect(page != (try text("\(folder)/again")))
    }
  }

  @Test("Records come from files, several of them, and from a pipe; a model and a set by their names")
  func inputs() throws {
    try withRuns { folder in
      let outcome = try bash(
        """
        cat set.ndjson scores.ndjson | cusp-report > piped.html && cusp-report set.ndjson scores.ndjson > named.html &&
          cat set.ndjson | cusp-report - set.npz n.h5 --title 'Of one model' --output whole.html
        """, folder: "\(folder)/runs")
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      let (piped, named) = (try text("\(folder)/runs/piped.html"), try text("\(folder)/runs/named.html"))
      #expect(piped.replacingOccurrences(of: "stdin", with: "set.ndjson, scores.ndjson").count > 10_000)
      #expect(piped.contains("standard input") && named.contains("of set.ndjson, scores.ndjson."))
      #expect(piped.contains("No saved set was given") && piped.contains("Of these models no file was given"))
      let whole = try text("\(folder)/runs/whole.html")
      #expect(whole.contains("<title>Of one model</title>") && whole.contains("ten times the difference"))
    }
  }

  @Test(
    "Wrong input is one line and a status, and writes nothing",
    arguments: [
      ("missing.ndjson", 66, "missing.ndjson: no such file; check the path"),
      ("n.h5 set.ndjson --data digits", 64, "--data: is of saved sets, and none is given; leave it out"),
      ("set.ndjson --output set.ndjson", 64, "set.ndjson: is an input; write to another file"),
      (
        "set.ndjson set.npz --output ./set.npz", 64,
        "./set.npz: is the input set.npz by another name; write to another file"
      ),
      (
        "turned.ndjson set.npz", 65,
        "set.npz: no records are of these images; give those that cusp-attack wrote beside the set"
      ),
      ("set.ndjson set.npz --data mnist:here", 66, "set.npz: "), ("broken", 65, "broken: line 1, column 2: "),
      ("d.npz", 65, "d.npz: a data set of 1437 images of 1x8x8"),
      ("empty", 65, "no prediction, score, fooling-rate or epoch"),
    ] as [(String, Int32, String)])
  func refusals(arguments: String, status: Int32, message: String) throws {
    try withRuns { folder in
      let runs = "\(folder)/runs"
      let made = try bash("echo '{' > broken; : > empty; cusp-convert --quiet digits d.npz", folder: runs)
      #expect(made.status == 0)
      let output = arguments.contains("--output") ? "" : " --output r.html"
      let outcome = try bash("cusp-report \(arguments)\(output)", folder: runs)
      #expect(outcome.status == status && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("cusp-report: \(message)"), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(!FileManager.default.fileExists(atPath: "\(runs)/r.html"))
    }
  }

  @Test("What a folder holds besides is left out with a word each, in the page and to people, and nothing else is")
  func leftOut() throws {
    try withRuns { folder in
      let made = try bash(
        """
        cd runs && echo hello > notes.txt && cusp-inspect --definition n.h5 > arch.json &&
          cusp-convert --quiet digits d.npz && head -c 1000 n.h5 > cut.h5 && echo '{' > .hidden.ndjson
        """, folder: folder)
      try #require(made.status == 0, "\(made.errors)")
      let outcome = try bash("cusp-report runs --output r.html", folder: folder)
      #expect(outcome.status == 0)
      let lines = outcome.errors.split(separator: "\n").map(String.init)
      let told = [
        "runs/arch.json: JSON", "runs/cut.h5: ", "runs/d.npz: a data set of ", "runs/notes.txt: text",
      ]
      #expect(lines.count == told.count)
      for (line, start) in zip(lines, told) { #expect(line.hasPrefix("cusp-report: left out: \(start)"), "\(line)") }
      let page = try text("\(folder)/r.html")
      #expect(page.contains("<h2>Read with care</h2>"))
      for start in told { #expect(page.contains("<li>Left out: \(start)"), "\(start)") }
      // A file that is named has to be one that is read.
      let named = try bash("cusp-report runs/set.ndjson runs/cut.h5 --output no.html", folder: folder)
      #expect(named.status == 65 && named.errors.hasPrefix("cusp-report: runs/cut.h5: "), "\(named.errors)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/no.html"))
    }
  }

  @Test("A page that cannot be written whole is not written, and a full disk is noticed")
  func fullDisk() throws {
    try withRuns { folder in
      let outcome = try bash("cusp-report set.ndjson > /dev/full", folder: "\(folder)/runs")
      #expect(outcome.status == 74)
      let missing = try bash("cusp-report set.ndjson --output none/r.html", folder: "\(folder)/runs")
      #expect(missing.status == 73 && missing.errors.count { $0 == "\n" } == 1)
    }
  }
}
