import Foundation
import Records
import TestSupport
import Testing

/// Streams of records that were cut go on, and end with the bytes of a run that nobody stopped.
@Suite struct ResumeRecordsTests {
  private func bytes(_ name: String, in folder: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  @Test(
    "A stream that is cut anywhere goes on in its file, and elsewhere is written as a whole",
    arguments: [
      "cusp-attack m.h5 --fgsm --limit 20",
      "cusp-attack m.h5 --fgsm --epsilon 0.1,0.2 --rotation 0,10 --limit 7 --logits",
      "cusp-attack m.h5 copy.h5 --steps 2 --epsilon 0.1,0.2 --reuse --trace --limit 3",
      "cusp-attack m.h5 --spatial --rotation 20 --worst-of 3 --limit 20 --shard 2/3",
      "cusp-attack m.h5 copy.h5 --steps 2 --epsilon 0.1 --diagnose --limit 5",
      "cusp-evaluate m.h5 --rotation 0,30 --predictions --limit 20",
      "cusp-evaluate m.h5 copy.h5 --rotation 0,30 --limit 10",
    ])
  func cuts(command: String) throws {
    try TrainedModel.withTwo { folder in
      let whole = try bash("\(command) --quiet > whole", folder: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let records = try bytes("whole", in: folder)
      let ends = records.indices.filter { records[$0] == 0x0A }
      let middle = try #require(ends.dropLast().last)
      var places = [0, 1, 30, ends[0], ends[0] + 1, middle, middle + 1, middle + 2, records.count - 1, records.count]
      var generator = Damage(seed: records.count)
      places += (0..<3).map { _ in Int.random(in: 0..<records.count, using: &generator) }
      for place in places {
        try records.prefix(place).write(to: URL(fileURLWithPath: "\(folder)/part"))
        let elsewhere = try bash("\(command) --quiet --resume part", folder: folder)
        #expect(elsewhere.output == records && elsewhere.problems.isEmpty, "\(place): \(elsewhere.errors)")
        #expect(try bytes("part", in: folder).count == place)
        let inPlace = try bash("\(command) --quiet --resume part >> part", folder: folder)
        #expect(inPlace.status == 0 && inPlace.errors.isEmpty, "\(place): \(inPlace.errors)")
        #expect(try bytes("part", in: folder) == records, "\(place)")
      }
    }
  }

  @Test("What is there is not gone through again, and counts")
  func counting() throws {
    try TrainedModel.withTwo { folder in
      let attack = "cusp-attack m.h5 --loss margin --steps 2 --epsilon 0.1 --limit 40"
      let outcome = try bash(
        """
        \(attack) 2> notes > whole && head -n 30 whole > part
        \(attack) --resume part 2> resumed-notes >> part && cmp part whole
        \(attack) --resume part 2> whole-notes >> part && cmp part whole
        \(attack) --resume - < part 2> piped-notes | cmp - whole
        """, folder: folder)
      #expect(outcome.status == 0 && outcome.text.isEmpty, "\(outcome.text)\(outcome.errors)")
      func notes(_ name: String) throws -> [String] {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n").map(String.init)
      }
      let plain = try notes("notes")
      #expect(plain.last?.hasPrefix("cusp-attack: pgd digits: ") == true)
      #expect(try notes("resumed-notes") == ["cusp-attack: --resume part: 30 of 40 images are there"] + plain)
      #expect(try notes("whole-notes") == ["cusp-attack: --resume part: 40 of 40 images are there"] + plain)
      #expect(try notes("piped-notes") == ["cusp-attack: --resume -: 40 of 40 images are there"] + plain)
    }
  }

  @Test("Saved predictions are of all images, those of an earlier run, too")
  func savedPredictions() throws {
    try TrainedModel.withTwo { folder in
      let outcome = try bash(
        """
        evaluate='cusp-evaluate m.h5 --quiet --fgsm --epsilon 0.1 --limit 20 --predictions --save-predictions'
        $evaluate a.npy > whole && head -n 9 whole > part && $evaluate b.npy --resume part >> part && cmp a.npy b.npy
        $evaluate part --resume part; echo $?
        """, folder: folder)
      #expect(outcome.text == "64\n", "\(outcome.text)\(outcome.errors)")
      #expect(outcome.errors == "cusp-evaluate: part: is an input; write to another file\n")
    }
  }

  @Test(
    "Records of another run, and what is none, are refused in one line and stay as they are",
    arguments: [
      ("--epsilon 0.2", 64, "`epsilon` is 0.1 there, not 0.2; give what it was begun with"),
      ("--epsilon 0.1,0.2", 64, "`epsilon` is 0.1 there, not 0.2; give what it was begun with"),
      ("--epsilon 0.1 --limit 8", 64, "`total` is 9 there, not 8; give what it was begun with"),
      ("--epsilon 0.1 --split train", 64, "`split` is test there, not train; give what it was begun with"),
      ("--epsilon 0.1 --bim", 64, "`attack` is pgd there, not bim; give what it was begun with"),
      ("--epsilon 0.1 --target 3", 64, "`target` is left out there, not 3; give what it was begun with"),
      ("--epsilon 0.1 --logits", 64, "`logits` are left out there, and asked for; give what it was begun with"),
      ("--epsilon 0.1 --early-stop", 64, "`early_stop` is left out there, not true; give what it was begun with"),
      (
        "--epsilon 0.1 --shard 2/3", 64,
        "line 1: image 0, and image 3 is to come: the records are of another --shard"
      ),
    ])
  func foreign(options: String, status: Int, message: String) throws {
    try TrainedModel.withTwo { folder in
      let attack = "cusp-attack m.h5 --quiet --limit 9 --steps 2"
      #expect(try bash("\(attack) --epsilon 0.1 > part", folder: folder).status == 0)
      let before = try bytes("part", in: folder)
      let outcome = try bash("\(attack) \(options) --resume part >> part", folder: folder)
      #expect(Int(outcome.status) == status && outcome.errors == "cusp-attack: --resume part: \(message)\n")
      #expect(try bytes("part", in: folder) == before)
    }
  }

  @Test(
    "What is no stream of this run is not cut, and told by its line",
    arguments: [
      ("echo notes > part", 65, "line 1, column 1: "),
      ("printf notes > part", 65, "ends with half a line that is none"),
      ("sed -i 3d part", 64, "line 3: image 3, and image 2 is to come"),
      ("sed -i '3s/^{/{ /' part", 65, "line 3: is not as this program writes it"),
      (#"sed -i '3s/"label":./"label":11/' part"#, 64, "line 3: image 2 is of class 11 there, of "),
      ("sed -i 3G part", 65, "line 5: is not as this program writes it"),
      ("tail -n 1 part > x; cat x >> part", 65, "line 10: comes after all that this run writes"),
      ("printf '{' >> part", 65, "half a line comes after all that this run writes"),
      (
        #"sed -i '9s/.*/{"type":"note","v":1}/' part"#, 64, "line 9: a note record, which this run does not write there"
      ),
      ("head -c 3000 part > x; cat part >> x; mv x part", 65, "line "),
      (
        #"head -n 2 part > x; printf '{"type":"prediction","v":1,"model":"x' >> x; mv x part"#, 65,
        "ends with half a line"
      ),
      ("rm part", 66, "no such file; check the path"),
    ])
  func damage(change: String, status: Int, message: String) throws {
    try TrainedModel.withTwo { folder in
      let attack = "cusp-attack m.h5 --quiet --limit 9 --steps 2 --epsilon 0.1"
      #expect(try bash("\(attack) > part; \(change)", folder: folder).status == 0)
      let before = try? bytes("part", in: folder)
      // Where there is no file, appending would make one.
      let outcome = try bash("\(attack) --resume part \(before == nil ? "" : ">> part")", folder: folder)
      #expect(Int(outcome.status) == status, "\(outcome.errors)")
      #expect(
        outcome.errors.hasPrefix("cusp-attack: \(status == 66 ? "part: " : "--resume part: ")\(message)"),
        "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1 && outcome.output.isEmpty)
      #expect(try before == nil || bytes("part", in: folder) == before)
    }
  }

  @Test("Records of another model are refused, and so are scores of other images")
  func models() throws {
    try TrainedModel.withTwo { folder in
      _ = try bash("cusp-train --quiet --epochs 1 --limit 64 --seed 1 --output other.h5", folder: folder)
      for command in ["cusp-attack --fgsm --limit 5", "cusp-evaluate --limit 5"] {
        let outcome = try bash(
          "\(command) m.h5 --quiet > part; mv other.h5 m.h5; cp part before; \(command) m.h5 --resume part >> part",
          folder: folder)
        #expect(outcome.status == 64 && outcome.errors.contains(": --resume part: `model` is "), "\(outcome.errors)")
        #expect(try bash("cmp part before; mv m.h5 other.h5; cp copy.h5 m.h5", folder: folder).text.isEmpty)
      }
      let scores = try bash(
        "cusp-evaluate m.h5 --quiet --shard 1/7 > part; cusp-evaluate m.h5 --resume part --shard 7/7 >> part",
        folder: folder)
      #expect(scores.status == 64)
      #expect(
        scores.errors.hasPrefix("cusp-evaluate: --resume part: `count` is 52 there, not 51; "), "\(scores.errors)")
    }
  }

  @Test("What does not go with it is refused before any work")
  func refusals() throws {
    try TrainedModel.withTwo { folder in
      #expect(
        try bash("cusp-attack m.h5 --quiet --fgsm --limit 3 > part && cp part before", folder: folder).status == 0)
      func expect(_ command: String, _ status: Int32, _ message: String) throws {
        let outcome = try bash(command, folder: folder)
        #expect(outcome.status == status && outcome.errors == "\(message)\n", "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
      }
      let attack = "cusp-attack m.h5 --quiet --fgsm --limit 3 --resume part"
      try expect(
        "cusp-attack --resume part < m.h5", 64,
        "cusp-attack: --resume part: name the models; what comes on standard input comes once; see cusp-attack --help")
      try expect(
        "\(attack) --save a.npz", 64,
        "cusp-attack: --save: the images of the records that are there are gone; leave out --save or --resume; "
          + "see cusp-attack --help")
      try expect(
        "\(attack) --format csv", 64,
        "cusp-attack: --format csv: is a summary, --resume part is of records; take one; see cusp-attack --help")
      for (options, words) in [
        ("--compare", "--compare prints a table, and --resume goes on with records; take one"),
        ("--format json", "--format json: --resume goes on with records; leave it out"),
        (
          "--save-predictions a.npy", "--save-predictions: scores that are there tell no predictions; add --predictions"
        ),
        ("--card", "--card: takes times, which are others every time; leave out --resume"),
      ] {
        try expect(
          "cusp-evaluate m.h5 --resume part \(options)", 64, "cusp-evaluate: \(words); see cusp-evaluate --help")
      }
      // Another process is at it.
      let file = open("\(folder)/part", O_RDONLY)
      #expect(flock(file, LOCK_EX) == 0)
      try expect(
        "\(attack) >> part", 74, "cusp-attack: part: another process is writing it; wait for that, or end it")
      close(file)
      #expect(try bytes("part", in: folder) == bytes("before", in: folder))
      try expect(
        "\(attack) > part", 64,
        "cusp-attack: part: is the file of standard output, which takes its place; append to it, by >>")
    }
  }

  @Test("Killed at random moments an attack ends with the same bytes, and so do its shards")
  func kills() throws {
    let script = Fixture.repository.appending(path: "tools/kill-attack-test").path
    let outcome = try bash("'\(script)' 3 4")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.hasPrefix("kill-attack-test: 3 kills, each gone on from: 100 records as never killed\n"))
    #expect(outcome.text.hasSuffix("a missing, doubled and foreign one is told\n"))
  }
}
