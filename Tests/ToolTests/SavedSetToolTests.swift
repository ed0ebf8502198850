import Archives
import Foundation
import Records
import TestSupport
import Testing

/// `cusp-attack --save` and `cusp-verify` as programs. What is checked and how is tested with `SavedSets`.
@Suite struct SavedSetToolTests {
  private func withModel(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/m.h5")
      try body(folder)
    }
  }

  @Test(
    "What cusp-attack saves holds for cusp-verify, with the same counts as its records say",
    arguments: [
      ("--epsilon 0.1 --steps 5", "--epsilon 0.1"), ("--epsilon 8/255 --steps 5 --quantise", "--epsilon 8/255"),
      ("--epsilon 0.1 --steps 5 --early-stop --shard 2/3 --quantise", "--epsilon 0.1"),
      ("--norm l2 --epsilon 0.7 --steps 5", "--norm l2 --epsilon 0.7"),
      ("--norm l2 --epsilon 0.7 --steps 5 --quantise", "--norm l2 --epsilon 0.7"),
      ("--norm l1 --epsilon 3 --steps 5 --quantise", "--norm l1 --epsilon 3"),
      ("--fab --epsilon 0.1 --steps 5", "--epsilon 0.1"), ("--epsilon 0", "--epsilon 0"),
      ("--data digits --split train --epsilon 0.1 --steps 2", "--split train --epsilon 0.1"),
    ])
  func holds(attack: String, promise: String) throws {
    try withModel { folder in
      let records = try bash("cusp-attack m.h5 --quiet --limit 90 \(attack) --save set.npz", folder: folder)
      #expect(records.problems.isEmpty)
      let plain = try bash("cusp-attack m.h5 --quiet --limit 90 \(attack)", folder: folder)
      #expect(plain.output == records.output)
      let outcome = try bash("cusp-verify m.h5 set.npz --quiet \(promise)", folder: folder)
      #expect(outcome.problems.isEmpty)
      let (predictions, verification) = (try records.records(), try #require(outcome.records().first))
      #expect(verification["holds"]?.bool == true && verification["count"]?.integer == predictions.count)
      #expect(verification["fooled"]?.integer == predictions.count { $0["natural"] != $0["perturbed"] })
      #expect(verification["correct"]?.integer == predictions.count { $0["label"] == $0["perturbed"] })
      let farthest = predictions.compactMap { $0["distance"]?.number }.max() ?? 9
      #expect(abs((verification["distance"]?.number ?? 0) - farthest) < 1e-6)
      #expect(verification["range"]?.integer == (attack.contains("quantise") ? 255 : 1))
    }
  }

  /// The images of a saved set, in bytes.
  private func bytes(_ path: String) throws -> NumPyArchive {
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    return try NumPyArchive(parsing: file, limit: 1 << 20, name: path)
  }

  @Test("A set in which one pixel is moved by 1/255 too far is refused, by its place; by a level less it holds")
  func moved() throws {
    try withModel { folder in
      _ = try bash(
        """
        cusp-attack m.h5 --quiet --limit 50 --epsilon 26/255 --steps 9 --save set.npz --quantise
        cusp-attack m.h5 --quiet --limit 50 --epsilon 0 --save clean.npz --quantise
        """, folder: folder)
      let (set, pixel) = (try bytes("\(folder)/set.npz"), 17 * 64 + 30)
      let clean = try #require(try bytes("\(folder)/clean.npz").array("images")).bytes[pixel]
      for (levels, holds) in [(26, true), (27, false)] {
        let arrays = try set.names.map { name in
          let array = try #require(try set.array(name))
          guard name == "images" else { return (name: name, array: array) }
          var pixels = array.bytes
          pixels[pixel] = clean < 128 ? clean + UInt8(levels) : clean - UInt8(levels)
          return (name: name, array: NumPyArray(.uint8, shape: array.shape, bytes: pixels))
        }
        try Data(NumPyArchive.fileBytes(of: arrays)).write(to: URL(fileURLWithPath: "\(folder)/moved.npz"))
        let outcome = try bash("cusp-verify m.h5 moved.npz --quiet --epsilon 26/255", folder: folder)
        #expect(outcome.status == (holds ? 0 : 1) && outcome.errors.isEmpty)
        #expect(RecordSchemas.problems(inOutput: outcome.text) == [])
        let record = try #require(outcome.records().first)
        #expect(record["holds"]?.bool == holds && record["outside_ball"]?.integer == (holds ? 0 : 1))
        let offenders = record["offenders"]?.array ?? []
        #expect(offenders.map { $0["index"]?.integer } == (holds ? [] : [17]))
      }
      let text = try bash("cusp-verify m.h5 moved.npz --quiet --epsilon 26/255 --format text", folder: folder)
      #expect(text.status == 1 && text.text.hasPrefix("moved.npz: does not hold\n"))
      #expect(text.text.hasSuffix("17     17  0.105882  outside the ball\n"), "\(text.text)")
    }
  }

  @Test("A set is the same however images are batched, and whichever threads compute")
  func bytes() throws {
    try withModel { folder in
      let outcome = try bash(
        """
        for size in 1 7 32; do
          cusp-attack m.h5 --quiet --limit 40 --steps 3 --batch-size $size --save $size.npz > /dev/null || exit
        done; cmp 1.npz 7.npz && cmp 1.npz 32.npz && echo same
        """, folder: folder)
      #expect(outcome.text == "same\n", "\(outcome.errors)")
    }
  }

  @Test("Poses are saved as they are, and 8 bits stay 8 bits under them")
  func poses() throws {
    try withModel { folder in
      let outcome = try bash(
        """
        cusp-attack m.h5 --quiet --limit 20 --spatial --rotation 30 --save turned.npz --quantise > /dev/null &&
          cusp-attack m.h5 --quiet --limit 20 --rotation 30 --epsilon 0 --save same.npz --quantise > /dev/null &&
          cmp turned.npz same.npz && echo same
        """, folder: folder)
      #expect(outcome.text == "same\n", "\(outcome.errors)")
      #expect(try #require(try bytes("\(folder)/turned.npz").array("images")).element == .uint8)
    }
  }

  @Test(
    "One set a file: several models, budgets and poses are refused, as is what would round nothing",
    arguments: [
      ("m.h5 m.h5 --save s.npz", "--save takes one model, one budget and one pose; name one of each"),
      ("m.h5 --epsilon 0.1,0.2 --save s.npz", "--save takes one model, one budget and one pose; name one of each"),
      ("m.h5 --rotation 10,20 --save s.npz", "--save takes one model, one budget and one pose; name one of each"),
      ("m.h5 --epsilon 0.1,0.2 --reuse --quantise", "--quantise and --reuse: rounding undoes successes; take one"),
      ("m.h5 --spatial --rotation 9 --quantise", "--quantise: --spatial adds nothing to round; leave it out"),
    ])
  func refusals(arguments: String, message: String) throws {
    try withModel { folder in
      let outcome = try bash("cusp-attack \(arguments)", folder: folder)
      #expect(outcome.status == 64 && outcome.output.isEmpty)
      #expect(outcome.errors == "cusp-attack: \(message); see cusp-attack --help\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.h5"])
    }
  }

  @Test("Where a signal ends the attack, or standard output goes away, there is no file, and an earlier one stays")
  func interrupted() throws {
    try withModel { folder in
      let attack = "cusp-attack m.h5 --quiet --steps 2000 --save s.npz"
      for ending in ["wait $!; [ $? = 130 ]", "wait $!; [ $? = 130 ] && [ $(cat s.npz) = old ]"] {
        let outcome = try bash(
          """
          rm -f records; \(attack) > records & for i in {1..600}; do
            [ -s records ] && break; sleep 0.05
          done; ls -a | grep -c 's.npz.cusp'; kill -INT $!; \(ending) && ls -A | grep -c npz; echo old > s.npz
          """, folder: folder)
        #expect(outcome.text == (ending.contains("old") ? "1\n1\n" : "1\n0\n"), "\(outcome.errors)")
      }
      let closed = try bash("\(attack) --limit 40 | head -n 0; cat s.npz", folder: folder)
      #expect(closed.text == "old\n")
    }
  }

  @Test(
    "What cusp-verify cannot tell is one line and its status",
    arguments: [
      ("m.h5 none.npz --epsilon 0.1", 66, "none.npz: no such file; check the path"),
      ("none.h5 m.h5 --epsilon 0.1", 66, "none.h5: no such file; check the path"),
      (
        "m.h5 s.npz --epsilon 8", 64,
        "--epsilon 8: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255; see cusp-verify --help"
      ),
      ("m.h5 s.npz --epsilon=-1", 64, "--epsilon -1: give 0 or more; see cusp-verify --help"),
      ("m.h5 s.npz --epsilon 1 --range 256", 64, "--range 256: white is 1 or 255; see cusp-verify --help"),
      ("m.h5 s.npz --epsilon 1 --tolerance=-1", 64, "--tolerance -1: give 0 or more; see cusp-verify --help"),
      ("- - --epsilon 1", 64, "- and -: standard input holds one file; see cusp-verify --help"),
      ("m.h5 s.npz", 64, "Missing expected argument '--epsilon <epsilon>'; see cusp-verify --help"),
      (
        "m.h5 notes --epsilon 1", 65,
        "notes: text, no model; these are read: hdf5, pytorch, safetensors, numpy, keras, keras-h5, onnx, torch-export"
      ),
    ] as [(String, Int32, String)])
  func trouble(arguments: String, status: Int32, message: String) throws {
    try withModel { folder in
      try "notes".write(toFile: "\(folder)/notes", atomically: true, encoding: .utf8)
      let outcome = try bash("cusp-verify \(arguments)", folder: folder)
      #expect(outcome.status == status && outcome.output.isEmpty)
      #expect(outcome.errors == "cusp-verify: \(message)\n")
    }
  }
}
