import Foundation
import Records
import TestSupport
import Testing

/// The worked study of tools/study, small.
@Suite("Studies in make") struct StudyTests {
  /// What `make` says of the worked study in `folder`.
  private func make(_ arguments: [String], in folder: String) throws -> BuiltTool.Outcome {
    let study = Fixture.repository.appending(path: "tools/study").path
    let settings = ["STUDY=\(folder)", "EPOCHS=1", "LIMIT=16", "CUSP=\(BuiltTool("cusp").path)"]
    return try BuiltTool(path: "/usr/bin/make").run(["--no-print-directory", "-C", study] + settings + arguments)
  }

  /// When each file below `folder` was last written, by its path there.
  private func times(_ folder: String) throws -> [String: Date] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
    return try Dictionary(
      uniqueKeysWithValues: paths.map { path in
        let date = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")[.modificationDate] as? Date
        return (path, try #require(date))
      }
    ).filter { !$0.key.hasPrefix("settings/") && $0.key.contains(".") }
  }

  /// The files that are newer in `after`, or were not there.
  private func changed(_ before: [String: Date], _ after: [String: Date]) -> Set<String> {
    Set(after.filter { before[$0.key] != $0.value }.keys)
  }

  @Test("Everything is made once; what is deleted or set otherwise is made again, and nothing else")
  func example() throws {
    try Fixture.withTemporaryFolder { folder in
      let first = try make(["-j2", "example"], in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let lines = first.text.split(separator: "\n")
      let table = try #require(lines.firstIndex { $0.hasPrefix("seeds ") })
      #expect(lines[table - 1].split(separator: " ") == ["natural.h5", "pgd.h5", "cusp.h5"])
      let models = ["natural", "pgd", "cusp"].flatMap { ["\($0)-1", "\($0)-2"] }
      let whole = try times(folder)
      let expected =
        models.flatMap { ["models/\($0).h5", "models/\($0).ndjson", "scores/\($0).ndjson"] }
        + models.flatMap { ["attacks/ddn/\($0).ndjson", "attacks/ddn/\($0).npz"] }
        + ["profile", "pareto", "heatmap", "curve", "training"].map { "figures/\($0).svg" }
        + ["table.txt", "report.html"]
      #expect(Set(whole.keys) == Set(expected))

      let second = try make(["example"], in: folder)
      #expect(second.status == 0 && second.text.hasPrefix("   "))
      #expect(try changed(whole, times(folder)) == [])
      #expect(try make(["-s", "study"], in: folder).text.isEmpty)

      try FileManager.default.removeItem(atPath: "\(folder)/models/pgd-2.h5")
      #expect(try make(["example"], in: folder).status == 0)
      let again = try times(folder)
      let own = ["models/pgd-2.h5", "models/pgd-2.ndjson", "scores/pgd-2.ndjson", "attacks/ddn/pgd-2.ndjson"]
      #expect(changed(whole, again) == Set(own + ["attacks/ddn/pgd-2.npz"] + expected.suffix(7)))

      #expect(try make(["example", "ATTACK.ddn=--ddn --limit 8 --threads 1"], in: folder).status == 0)
      let other = try changed(again, times(folder))
      #expect(other == Set(expected.filter { $0.hasPrefix("attacks/") } + ["figures/curve.svg", "report.html"]))
    }
  }

  @Test("Training that was cut short goes on; a failure leaves no result, and parts come to the whole")
  func partly() throws {
    try Fixture.withTemporaryFolder { folder in
      let settings = ["METHODS=natural", "SEEDS=1 2 3", "TRAIN=--epochs 1 --limit 64 --threads 1"]
      for part in ["1/2", "2/2"] {
        let made = try make(["models", "SHARD=\(part)"] + settings, in: folder).text.split(separator: "\n")
        let seeds = part == "1/2" ? ["1", "3"] : ["2"]
        #expect(
          made.map(String.init)
            == seeds.map { "cusp train --epochs 1 --limit 64 --threads 1 --seed \($0) --output natural-\($0).h5" })
      }
      // As if the program had been killed between its end and the next line.
      let stem = "\(folder)/models/natural-2"
      try FileManager.default.moveItem(atPath: "\(stem).ndjson", toPath: "\(stem).stream")
      let bytes = FileManager.default.contents(atPath: "\(stem).h5")
      #expect(try make(["models"] + settings, in: folder).text.hasSuffix("--output natural-2.h5\n"))
      #expect(FileManager.default.contents(atPath: "\(stem).h5") == bytes)
      #expect(FileManager.default.fileExists(atPath: "\(stem).ndjson"))

      let failed = try make(["scores", "EVALUATE=--epsilon nothing"] + settings, in: folder)
      #expect(failed.status == 2 && failed.errors.contains("cusp-evaluate: "))
      let scores = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/scores")
      #expect(!scores.contains { $0.hasSuffix(".ndjson") })
    }
  }

  @Test("Training that was killed goes on where it was saved, to the same model and one stream of its epochs")
  func killed() throws {
    try Fixture.withTemporaryFolder { folder in
      let settings = ["METHODS=natural", "SEEDS=1", "TRAIN=--epochs 2 --limit 64 --threads 1 --keep 1"]
      #expect(try make(["models"] + settings, in: folder).status == 0)
      let (manager, stem) = (FileManager.default, "\(folder)/models/natural-1")
      let (model, stream) = (manager.contents(atPath: "\(stem).h5"), try epochs("\(stem).ndjson"))
      // As if it had been killed after its first epoch.
      try manager.moveItem(atPath: "\(stem)-epoch1.h5", toPath: "\(stem).part")
      let lines = try String(contentsOfFile: "\(stem).ndjson", encoding: .utf8).split(separator: "\n").prefix(2)
      try (lines.joined(separator: "\n") + "\n").write(toFile: "\(stem).stream", atomically: true, encoding: .utf8)
      for name in ["h5", "ndjson"] { try manager.removeItem(atPath: "\(stem).\(name)") }
      #expect(try make(["models"] + settings, in: folder).status == 0)
      #expect(manager.contents(atPath: "\(stem).h5") == model)
      #expect(try epochs("\(stem).ndjson") == stream && stream.count == 2)
      #expect(!manager.fileExists(atPath: "\(stem).part"))
      // A model without its stream, and a stream without its model, are made anew.
      for name in ["ndjson", "h5"] {
        try manager.removeItem(atPath: "\(stem).\(name)")
        #expect(try make(["models"] + settings, in: folder).status == 0)
        #expect(try epochs("\(stem).ndjson") == stream)
      }
    }
  }

  /// The epochs that the stream at `path` tells of, without what differs from run to run.
  private func epochs(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").filter { $0.contains(#""type":"epoch""#) }
      .map { $0.components(separatedBy: ",\"images_per_second\"")[0] }
  }

  @Test("A setting may have any characters; a method whose options are wrong fails alone, and says why")
  func settings() throws {
    try Fixture.withTemporaryFolder { folder in
      let settings = [
        "METHODS=natural wrong-method", "SEEDS=1", "TRAIN=--epochs 1 --limit 64 --threads 1",
        "TRAIN.wrong-method=--methd 'pgd'",
      ]
      let outcome = try make(["-k", "models"] + settings, in: folder)
      #expect(outcome.status == 2 && outcome.errors.contains("--methd"))
      #expect(try models(folder) == ["natural-1.h5", "natural-1.ndjson"])
      // The same again fails again, and makes nothing else.
      let before = try times(folder)
      #expect(try make(["-k", "models"] + settings, in: folder).status == 2)
      #expect(try changed(before, times(folder)).isSubset(of: ["models/wrong-method-1.stream"]))
      let mended = settings.dropLast() + ["TRAIN.wrong-method=--method pgd --epsilon 0.1"]
      #expect(try make(["models"] + mended, in: folder).status == 0)
      #expect(try changed(before, times(folder)) == ["models/wrong-method-1.h5", "models/wrong-method-1.ndjson"])
    }
  }

  private func models(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/models").filter { !$0.hasSuffix(".stream") }.sorted()
  }

  @Test("Fewer seeds are another table, and the folder goes as a whole")
  func fewer() throws {
    try Fixture.withTemporaryFolder { parent in
      let folder = "\(parent)/study"
      let settings = [
        "METHODS=natural", "TRAIN=--epochs 1 --limit 64 --threads 1", "EVALUATE=--rotation 0,30 --limit 8", "ATTACKS=",
        "FIGURES=profile",
      ]
      func table(_ seeds: String) throws -> [Substring] {
        #expect(try make(["table", "figures", "SEEDS=\(seeds)"] + settings, in: folder).status == 0)
        return try String(contentsOfFile: "\(folder)/table.txt", encoding: .utf8).split(separator: "\n")
      }
      let both = try table("1 2")
      #expect(both.first?.split(separator: " ") == ["natural.h5"] && both[1].split(separator: " ") == ["seeds", "2"])
      let before = try times(folder)
      let one = try table("1")
      #expect(one.first?.split(separator: " ") == ["natural-1.h5"] && one[1].split(separator: " ") == ["seeds", "1"])
      #expect(try changed(before, times(folder)) == ["table.txt", "figures/profile.svg"])
      #expect(try make(["clean-study"], in: folder).status == 0)
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }

  @Test("Further evaluations and attacks are of the methods that they name, and claims are made of all")
  func evaluations() throws {
    try Fixture.withTemporaryFolder { folder in
      let settings = [
        "METHODS=natural rotation-90", "SEEDS=1 2", "TRAIN=--epochs 2 --threads 1 --limit 200",
        "TRAIN.rotation-90=--rotation 90", "EVALUATE=--rotation 30 --limit 20", "EVALUATIONS=fgsm worst",
        "EVALUATE.fgsm=--fgsm --epsilon 0.1 --limit 20", "EVALUATE.worst=--rotation 30 --worst-of 3 --limit 8",
        "METHODS.worst=natural other", "ATTACKS=",
      ]
      #expect(try make(["-j2", "scores", "claims", "table"] + settings, in: folder).status == 0)
      let whole = try times(folder)
      let found = Set(whole.keys.filter { $0.hasPrefix("evaluations/") })
      let expected = ["fgsm/natural", "fgsm/rotation-90", "worst/natural"].flatMap { ["\($0)-1", "\($0)-2"] }
      #expect(found == Set(expected.map { "evaluations/\($0).ndjson" }))
      let claims = try String(contentsOfFile: "\(folder)/claims.ndjson", encoding: .utf8).split(separator: "\n")
      let parsed = try claims.map { try PaperClaimRecord(json: JSON(parsing: String($0))) }
      #expect(
        parsed.map { "\($0.settings[0].attack) \($0.metric)" }
          == ["none", "fgsm"].flatMap { name in
            ["fooling-rate", "accuracy-gap"].map { "\(name) \($0)" }
          })
      #expect(try make(["scores", "claims", "table"] + settings, in: folder).text.isEmpty)
      let other = settings + ["EVALUATE.fgsm=--fgsm --epsilon 0.2 --limit 20"]
      #expect(try make(["-j2", "scores", "claims", "table"] + other, in: folder).status == 0)
      #expect(
        try changed(whole, times(folder))
          == Set(expected.prefix(4).map { "evaluations/\($0).ndjson" } + ["claims.ndjson", "table.txt"]))
    }
  }

  @Test("The rules are found beside the programs, and the option says where")
  func rules() throws {
    let outcome = try BuiltTool("cusp").run(["--make"])
    #expect(
      outcome.status == 0 && outcome.text == Fixture.repository.appending(path: "tools/study/study.mk").path + "\n")
    try Fixture.withTemporaryFolder { folder in
      let manager = FileManager.default
      for name in ["bin", "share/cusp"] {
        try manager.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      try manager.copyItem(atPath: BuiltTool("cusp").path, toPath: "\(folder)/bin/cusp")
      let installed = BuiltTool(path: "\(folder)/bin/cusp")
      let lost = try installed.run(["--make"])
      #expect(lost.status == 66 && lost.errors.contains("`make install` puts it there"))
      try Data().write(to: URL(fileURLWithPath: "\(folder)/share/cusp/study.mk"))
      #expect(try installed.run(["--make"]).text.hasSuffix("/bin/../share/cusp/study.mk\n"))
    }
  }
}
