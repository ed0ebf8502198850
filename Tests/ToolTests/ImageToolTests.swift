import Foundation
import ImageFiles
import Records
import TestSupport
import Testing

/// Folders of images as programs read and write them. What pixels are is tested with `ImageFiles`.
@Suite struct ImageToolTests {
  /// Runs `body` in a folder with a network for 3x12x12 images of two classes, in `m.h5`, and ten PNG and ten JPEG files
  /// of them in `images`, that are larger.
  private func withImages(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      for (label, name) in ["cat", "dog"].enumerated() {
        try FileManager.default.createDirectory(atPath: "\(folder)/images/\(name)", withIntermediateDirectories: true)
        for number in 0..<5 {
          let pixels = (0..<20 * 16 * 3).map { place in
            UInt8((place * (label == 0 ? 3 : 7) + place / 48 * 31 + number * 50) % (200 + 10 * number))
          }
          let image = PixelImage(width: 16, height: 20, channels: 3, pixels: pixels)
          try Data(image.pngBytes()).write(to: URL(fileURLWithPath: "\(folder)/images/\(name)/\(number).png"))
          let jpeg = ["colour", "halves", "quarters", "progressive", "inks"][number]
          try Fixture.data("images/\(jpeg).jpg")
            .write(to: URL(fileURLWithPath: "\(folder)/images/\(name)/\(number) \(jpeg).jpg"))
        }
      }
      let trained = try bash(
        """
        cusp-train --quiet --data folder:12:images --arch digits-cnn --epochs 2 --batch-size 4 --learning-rate 0.01 \
          --output m.h5
        """, folder: folder)
      #expect(trained.problems.isEmpty)
      try body(folder)
    }
  }

  @Test("Perturbed PNG and JPEG images come back from their PNG files as the records say, every one")
  func roundTrip() throws {
    try withImages { folder in
      let attack = "cusp-attack m.h5 --quiet --epsilon 16/255"
      let saved = try bash("\(attack) --save set --as png", folder: folder)
      #expect(saved.problems.isEmpty)
      let records = try saved.records()
      #expect(records.count == 20 && records.map { $0["label"]?.integer } == (0..<20).map { $0 / 10 })
      #expect(records.allSatisfy { $0["parameters"]?["quantise"]?.bool == true })
      let plain = try bash("\(attack) --quantise", folder: folder)
      #expect(plain.output == saved.output)

      let verified = try bash("cusp-verify m.h5 set --quiet --epsilon 16/255", folder: folder)
      #expect(verified.problems.isEmpty)
      let verification = try #require(verified.records().first)
      #expect(verification["holds"]?.bool == true && verification["count"]?.integer == 20)
      #expect(verification["fooled"]?.integer == records.count { $0["natural"] != $0["perturbed"] })

      let again = try bash("cusp-attack m.h5 --quiet --epsilon 0 --data folder:set", folder: folder)
      #expect(again.problems.isEmpty)
      #expect(try again.records().map { $0["natural"] } == records.map { $0["perturbed"] })
      #expect(try again.records().map { $0["label"] } == records.map { $0["label"] })
      let evaluated = try bash("cusp-evaluate m.h5 --quiet --data folder:set", folder: folder)
      #expect(evaluated.problems.isEmpty)
      #expect(try evaluated.records().first?["count"]?.integer == 20)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/set").sorted() == ["cat", "dog"])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/set/dog").sorted()
          == (10..<20).map { "\($0).png" })
    }
  }

  @Test("The same bytes come however images are batched; parts of a data set keep their places")
  func bytes() throws {
    try withImages { folder in
      let outcome = try bash(
        """
        attack='cusp-attack m.h5 --quiet --epsilon 8/255 --as png'
        $attack --save one > one.records && $attack --batch-size 3 --save two > two.records &&
          $attack --shard 2/2 --save part > part.records && diff -r one two && cmp one.records two.records &&
          diff -r one/dog part/dog && ls part/cat | wc -l
        """, folder: folder)
      #expect(outcome.text == "0\n", "\(outcome.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.contains("cusp-") })
    }
  }

  @Test("A network is told the size of its images by itself, one file is an image, and the service takes both")
  func reading() throws {
    try withImages { folder in
      let whole = try bash("cusp-attack m.h5 --quiet --epsilon 0 --data folder:images", folder: folder)
      #expect(try whole.problems.isEmpty && whole.records().count == 20)
      let named = try bash("cusp-attack m.h5 --quiet --epsilon 0", folder: folder)
      #expect(try named.records().map { $0["natural"] } == whole.records().map { $0["natural"] })
      let one = try bash("cusp-attack m.h5 --quiet --epsilon 0 --data image:1:images/cat/3.png", folder: folder)
      let record = try #require(one.records().first)
      #expect(record["label"]?.integer == 1)
      // The fourth pair of files: its JPEG comes first.
      #expect(record["natural"] == (try whole.records()[7]["natural"]))
      let request = #"{"op":"predict","image":{"data":"folder:images","index":7}}"# + "\n"
      let served = try bash("echo '\(request)' | cusp-serve m.h5 --quiet", folder: folder)
      #expect(try served.records().last?["predicted"] == record["natural"])
      let converted = try bash(
        "cusp-convert folder:12:images d.npz && cusp-evaluate m.h5 --quiet --data d.npz", folder: folder)
      #expect(try converted.records().first?["count"]?.integer == 20, "\(converted.errors)")
    }
  }

  @Test("Grey images of the built-in digits become grey files and come back")
  func grey() throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      let outcome = try bash(
        """
        cusp-attack \(model) --quiet --limit 40 --rotation 20 --epsilon 26/255 --save set --as png > records &&
          cusp-attack \(model) --quiet --spatial --rotation 20 --limit 9 --save turned --as png > turned.records &&
          cusp-attack \(model) --quiet --epsilon 0 --data folder:set
        """, folder: folder)
      #expect(outcome.problems.isEmpty)
      let text = try String(contentsOfFile: "\(folder)/records", encoding: .utf8)
      let records = try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
      let order = records.indices.sorted {
        (records[$0]["label"]?.integer ?? 0, $0) < (records[$1]["label"]?.integer ?? 0, $1)
      }
      #expect(try outcome.records().map { $0["natural"] } == order.map { records[$0]["perturbed"] })
      #expect(try ImageFile(path: "\(folder)/set/\(records[3]["label"]?.integer ?? 0)/003.png").channels == 1)
    }
  }

  @Test("Under a target, records tell which images rounding to PNG keeps from it, and only these")
  func lostTargets() throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      var (missed, hit) = (0, 0)
      for (number, epsilon) in ["0.0215", "0.0292", "0.0371", "0.0492", "0.0608", "0.0726"].enumerated() {
        let attack = "cusp-attack \(model) --quiet --limit 360 --steps 5 --target 3 --epsilon \(epsilon)"
        let runs = try ["", "--save s\(number) --as png"].map { more in
          let outcome = try bash("\(attack) \(more)", folder: folder)
          #expect(outcome.problems.isEmpty)
          return try outcome.records()
        }
        #expect(runs[0].count == 360 && runs[1].count == 360)
        for (exact, rounded) in zip(runs[0], runs[1]) {
          let before = exact["perturbed"]?.integer
          let (label, natural) = (rounded["label"]?.integer, rounded["natural"]?.integer)
          let after = rounded["perturbed"]?.integer
          let isUndone = after != 3 && (before != label && after == label || before != natural && after == natural)
          let isMissed = before == 3 && after != 3
          #expect(exact["rounding_lost"] == nil)
          #expect((rounded["rounding_lost"]?.bool ?? false) == (isUndone || isMissed), "\(rounded.text)")
          missed += isMissed ? 1 : 0
          hit += after == 3 && label != 3 ? 1 : 0
        }
      }
      #expect(missed > 0 && hit > 20, "\(missed) missed, \(hit) hit")
    }
  }

  @Test(
    "What cannot be saved or read is one line and its status, and nothing is left",
    arguments: [
      ("--as png", 64, "--as png: says how --save writes; add --save, or leave it out; see cusp-attack --help"),
      ("--save s --as png --quantise", 64, "--quantise: --as png rounds anyway; leave it out; see cusp-attack --help"),
      (
        "--save s --as png --epsilon 0.1,0.2 --reuse", 64,
        "--save takes one model, one budget and one pose; name one of each; see cusp-attack --help"
      ),
      (
        "--save s --as png --reuse", 64,
        "--as png and --reuse: rounding undoes successes; take one; see cusp-attack --help"
      ),
      (
        "--save s --as png --spatial --rotation 9 --interpolation bilinear", 64,
        "--as png: bilinear interpolation leaves 8-bit levels; take nearest; see cusp-attack --help"
      ),
      ("--save full --as png", 73, "full: cannot create: the folder is not empty; empty it, or name a new one"),
      ("--save m.h5 --as png", 73, "m.h5: cannot create: a file is there; name a new folder"),
      ("--save none/s --as png", 73, "none/s: cannot create: no such folder; make it first"),
      ("--data folder:full", 65, "full/a/x.png: is no PNG or JPEG image; convert it to PNG, or take it away"),
      ("--data folder:none", 66, "none: no such file; check the path"),
      ("--data image:1:m.h5", 65, "m.h5: is no PNG or JPEG image; convert it to PNG, or take it away"),
    ] as [(String, Int32, String)])
  func trouble(arguments: String, status: Int32, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/m.h5")
      try FileManager.default.createDirectory(atPath: "\(folder)/full/a", withIntermediateDirectories: true)
      try Data("none\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/full/a/x.png"))
      let outcome = try bash("cusp-attack m.h5 \(arguments)", folder: folder)
      #expect(outcome.status == status && outcome.output.isEmpty)
      #expect(outcome.errors == "cusp-attack: \(message)\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["full", "m.h5"])
    }
  }

  @Test("cusp-verify needs no words for a folder, and finds a pixel that was moved in a file")
  func verifying() throws {
    try withImages { folder in
      let saved = try bash("cusp-attack m.h5 --quiet --epsilon 4/255 --save set --as png", folder: folder)
      #expect(saved.problems.isEmpty)
      let path = "\(folder)/set/cat/02.png"
      let image = try ImageFile(path: path).pixels()
      var pixels = image.pixels
      pixels[100] = pixels[100] < 128 ? pixels[100] + 20 : pixels[100] - 20
      try Data(PixelImage(width: 12, height: 12, channels: 3, pixels: pixels).pngBytes())
        .write(to: URL(fileURLWithPath: path))
      let moved = try bash("cusp-verify m.h5 set --quiet --epsilon 4/255", folder: folder)
      #expect(moved.status == 1)
      let offenders = try moved.records().first?["offenders"]?.array ?? []
      #expect(offenders.map { $0["index"]?.integer } == [2])
      for option in ["--range 255", "--images x"] {
        let refused = try bash("cusp-verify m.h5 set --epsilon 4/255 \(option)", folder: folder)
        #expect(refused.status == 64)
        #expect(refused.errors.hasPrefix("cusp-verify: set: is a folder of image files, which need no --images"))
      }
    }
  }
}
