import Foundation
import Records
import TestSupport
import Testing

/// Files that come through standard input and pipes, and names that are no UTF-8.
@Suite struct StreamInputTests {
  private func withModel(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/m.h5")
      try FileManager.default.createDirectory(atPath: "\(folder)/tmp", withIntermediateDirectories: false)
      _ = try bash(
        """
        cd \(folder) && cusp-convert --quiet m.h5 m.pt
        cusp-attack --quiet --fgsm --epsilon 0.1 --limit 5 --save set.npz m.h5 > /dev/null
        """)
      try body(folder)
      // Copies of what came through pipes have no names that could stay.
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tmp")
      #expect(left.isEmpty)
    }
  }

  @Test(
    "Every program that reads a model reads it from standard input, a pipe of the shell and a named pipe",
    arguments: [
      "cusp-evaluate --quiet --limit 20 MODEL", "cusp-attack --quiet --fgsm --epsilon 0.1 --limit 5 MODEL",
      "cusp-verify --quiet MODEL set.npz --epsilon 0.1",
      "cusp-inspect --verify MODEL | sed 's/^[^:]*: //'", "cusp-inspect --key digest MODEL",
      "cusp-diff MODEL m.h5 --json | sed 's/.*tolerance/ /'",
      "cusp-inspect --stats --format text MODEL | tail -n +2",
      "cusp-convert --quiet MODEL --to npz | cusp-inspect --verify -",
      "cusp-serve --quiet MODEL < request",
    ])
  func models(command: String) throws {
    try withModel { folder in
      try #"{"id":1,"op":"predict","image":{"data":"digits","index":0}}"#.write(
        toFile: "\(folder)/request", atomically: true, encoding: .utf8)
      func run(_ model: String, _ before: String = "") throws -> BuiltTool.Outcome {
        let words = command.replacingOccurrences(of: "MODEL", with: model)
        return try bash("export TMPDIR=$PWD/tmp; \(before) \(words)", folder: folder)
      }
      let plain = try run("m.h5")
      #expect(plain.status == 0 && !plain.output.isEmpty, "\(plain.errors)")
      var others = [try run("<(cat m.h5)"), try run("pipe", "mkfifo pipe; cat m.h5 > pipe &")]
      if !command.hasPrefix("cusp-serve") {
        others += [
          try run("-", "cat m.h5 |"), try run("-", "< m.h5"), try run("/dev/stdin", "< m.h5"),
          try run("/dev/fd/3", "3< m.h5"),
        ]
      }
      // Records name the model's file as it was named.
      func unnamed(_ outcome: BuiltTool.Outcome) -> String { outcome.text.replacing(/"path":"[^"]*",/, with: "") }
      for other in others {
        #expect(unnamed(other) == unnamed(plain))
        #expect(other.errors == plain.errors && other.status == 0)
      }
    }
  }

  @Test("PyTorch files come through pipes as well, with the same provenance as files")
  func otherFormats() throws {
    try withModel { folder in
      let outcome = try bash(
        """
        cusp-convert --quiet m.pt a.h5 > /dev/null && cat m.pt | cusp-convert --quiet - b.h5 > /dev/null
        for f in a b; do cusp-inspect --key provenance.parent $f.h5; done; cusp-diff --tensors a.h5 b.h5 --format text
        cusp-inspect --json < m.pt | grep -o '"path":"stdin"'
        """, folder: folder)
      let lines = outcome.text.split(separator: "\n").map(String.init)
      #expect(outcome.status == 0 && lines.count == 4 && lines[0] == lines[1], "\(outcome.text)\(outcome.errors)")
      #expect(lines.last == #""path":"stdin""#)
    }
  }

  @Test("Curricula and networks come through pipes")
  func documents() throws {
    try withModel { folder in
      _ = try bash(
        """
        echo '{"epochs":1,"stages":[{"from":1,"rotation":7}]}' > c.json; cusp-inspect --definition m.h5 > a.json
        """, folder: folder)
      let train = "cusp-train --quiet --epochs 1 --limit 32 --force --output t.h5"
      for option in ["--curriculum", "--arch"] {
        let file = option == "--arch" ? "a.json" : "c.json"
        let digests = try ["\(option) \(file)", "\(option) - < \(file)", "\(option) <(cat \(file))"].map { words in
          let outcome = try bash("\(train) \(words) | tail -n 1", folder: folder)
          #expect(outcome.status == 0, "\(outcome.errors)")
          return try outcome.records().last?["digest"]?.string
        }
        #expect(Set(digests).count == 1 && digests[0] != nil)
      }
    }
  }

  @Test("What comes through a pipe and is no model, cut short, or does not fit on the disk is told by its name")
  func refusals() throws {
    try withModel { folder in
      func expect(_ command: String, _ status: Int32, _ message: String) throws {
        let outcome = try bash(command, folder: folder)
        #expect(outcome.status == status && outcome.errors == "\(message)\n", "\(command): \(outcome.errors)")
      }
      try expect(
        "head -c 5000 m.h5 | cusp-evaluate -", 65,
        "cusp-evaluate: stdin: the HDF5 file is damaged or cut short; fetch or write it again")
      try expect(
        "cusp-inspect <(head -c 5000 m.pt) 2>&1 | sed 's/fd.[0-9]*/fd/' >&2; exit ${PIPESTATUS[0]}", 65,
        try bash("head -c 5000 m.pt > cut.pt; cusp-inspect cut.pt", folder: folder).errors
          .replacingOccurrences(of: "cut.pt", with: "/dev/fd").trimmingCharacters(in: .newlines))
      try expect(
        "cusp-evaluate - < /dev/null", 65,
        "cusp-evaluate: no checkpoint on stdin; see what the program before it said, or name a model file")
      try expect(
        "TMPDIR=/none cusp-inspect < m.h5", 73,
        "cusp-inspect: /none (TMPDIR): cannot create: no such folder; make it first")
      try expect(
        "TMPDIR=$PWD/tmp; export TMPDIR; ulimit -f 100; cusp-inspect < m.h5", 74,
        "cusp-inspect: \(folder)/tmp (TMPDIR): File too large; allow larger files by `ulimit -f`, and run again")
      try expect(
        "ulimit -f 100; cusp-train --quiet --epochs 1 --limit 32 --output big.h5 > out", 74,
        "cusp-train: big.h5: File too large; allow larger files by `ulimit -f`, and run again")
      try expect(
        "cusp-serve -", 64,
        "cusp-serve: -: standard input carries the requests; name a model file; see cusp-serve --help")
    }
  }

  @Test("Names that are no UTF-8 are taken as they are, pass through a pipe of programs, and are told in ASCII")
  func rawNames() throws {
    try withModel { folder in
      let outcome = try bash(
        #"""
        name=$'caf\xe9\xff.h5'
        cusp-train --quiet --epochs 1 --limit 32 --output "$name" | cusp-attack --quiet --fgsm --epsilon 0.1 --limit 3 | wc -l
        [ -f "$name" ] && cusp attack "$name" --quiet --fgsm --epsilon 0.1 --limit 3 | wc -l
        cusp-inspect --verify "$name" > /dev/null && cusp-diff --quiet "$name" "$name" --format text
        cusp-evaluate --quiet --save-predictions $'p\xe9.npy' "$name" > /dev/null && ls $'p\xe9.npy' | wc -l
        cusp-convert --quiet "$name" $'\xff.pt' && cusp-inspect --verify $'\xff.pt' > /dev/null && ls *.pt | wc -l
        mv "$name" gone.h5; cusp-evaluate "$name"
        """#, folder: folder)
      #expect(outcome.errors == "cusp-evaluate: caf\\xe9\\xff.h5: no such file; check the path\n")
      #expect(outcome.status == 66)
      let lines = outcome.text.split(separator: "\n").map(String.init)
      #expect(lines.count == 5 && [lines[0], lines[1], lines[3], lines[4]] == ["3", "3", "1", "2"], "\(outcome.text)")
    }
  }
}
