import Foundation
import Records
import TestSupport
import Testing

/// Shards made one stream by the program.
@Suite struct MergeTests {
  private let tool = BuiltTool("cusp-merge")

  @Test(
    "The shards of any stream of predictions are the whole, in any order, and from standard input",
    arguments: [
      ("cusp-attack m.h5 --fgsm --limit 40", 8), ("cusp-attack m.h5 --fgsm --limit 3", 5),
      ("cusp-attack m.h5 --steps 2 --epsilon 0.1,0.2 --rotation 0,10 --trace --limit 9", 3),
      ("cusp-evaluate m.h5 --rotation 0:30:10 --predictions --logits --limit 25", 4),
    ])
  func whole(command: String, count: Int) throws {
    try TrainedModel.withTwo { folder in
      let outcome = try bash(
        """
        \(command) --quiet > whole
        for k in {1..\(count)}; do \(command) --quiet --shard $k/\(count) > part-$k; done
        cusp-merge $(ls part-* | sort -r) | cmp - whole
        cat part-{\((1...count).reversed().map(String.init).joined(separator: ","))} | cusp-merge | cmp - whole
        cusp-merge whole | cmp - whole
        cat whole | cusp-merge - | cmp - whole
        cusp-merge <(cat part-1) $(ls part-* | grep -v -x part-1) | cmp - whole
        """, folder: folder)
      #expect(outcome.status == 0 && outcome.text.isEmpty && outcome.errors.isEmpty, "\(outcome.text)\(outcome.errors)")
    }
  }

  @Test("Streams of several models are merged model after model")
  func models() throws {
    try TrainedModel.withTwo { folder in
      let outcome = try bash(
        """
        cusp-train --quiet --epochs 1 --limit 64 --seed 1 --output n.h5 > announced
        attack='cusp-attack m.h5 n.h5 --quiet --fgsm --epsilon 0.1,0.2 --limit 10'
        $attack > whole
        for k in 1 2 3; do $attack --shard $k/3 > part-$k; done
        cusp-merge part-2 part-3 part-1 | cmp - whole
        # A shard that was cut behind its first model.
        head -n 6 part-3 > cut
        cusp-merge part-1 part-2 cut
        """, folder: folder)
      #expect(outcome.status == 1 && outcome.text.isEmpty)
      let words =
        /cusp-merge: images 7 to 9 are missing, 3 of 10; model [0-9a-f]{12}, fgsm 0.1; model [0-9a-f]{12}, fgsm 0.2\n/
      #expect(try words.wholeMatch(in: outcome.errors) != nil, "\(outcome.errors)")
    }
  }

  @Test("What keeps files from being a whole is told, a line each, and nothing is written")
  func problems() throws {
    try TrainedModel.withTwo { folder in
      let attack = "cusp-attack m.h5 --quiet --fgsm --limit 40"
      _ = try bash(
        """
        for k in {1..8}; do \(attack) --shard $k/8 > part-$k; done
        \(attack) --shard 3/8 --epsilon 0.2 > other
        \(attack) --shard 3/8 --limit 80 > longer
        sed -i '3,$d' part-8; head -n 4 part-7 > seventh; sed -n 5p part-7 | head -c 99 >> seventh
        """, folder: folder)
      func expect(_ files: String, _ lines: [String]) throws {
        let outcome = try bash("cusp-merge \(files)", folder: folder)
        #expect(outcome.status == 1 && outcome.output.isEmpty, "\(files)")
        #expect(outcome.errors == lines.map { "cusp-merge: \($0)\n" }.joined(), "\(files)")
      }
      let end = "images 37 to 39 are missing, 3 of 40"
      try expect("part-?", [end])
      try expect("part-[124-8]", ["images 10 to 14, 37 to 39 are missing, 8 of 40"])
      try expect("part-? part-3", ["images 10 to 14 come twice, in part-3", end])
      try expect("part-? ./part-3", ["images 10 to 14 come twice, in part-3 and ./part-3", end])
      let foreign = "other: is of other settings than part-1: `epsilon` is 0.2, not 0.3"
      try expect("part-? other", [foreign, end])
      try expect("part-[124-8] other", [foreign, "images 10 to 14, 37 to 39 are missing, 8 of 40"])
      try expect("longer part-?", ["longer: is of other settings than part-1: `total` is 80, not 40", end])
      try expect(
        "part-[1-68] seventh",
        [
          "seventh: ends in the midst of line 5: go on with it, by --resume seventh",
          "images 34, 37 to 39 are missing, 4 of 40",
        ])
      try expect("part-1", ["images 5 to 39 are missing, 35 of 40"])
      try expect("part-8", ["images 0 to 34, 37 to 39 are missing, 38 of 40"])
    }
  }

  @Test("Records of others pass through first, those of a shard alone are left out, and a last line may lack its end")
  func others() throws {
    try TrainedModel.withTwo { folder in
      let outcome = try bash(
        """
        attack='cusp-attack m.h5 --quiet --steps 2 --epsilon 0.1 --limit 6'
        $attack > whole
        for k in 1 2; do $attack --diagnose --shard $k/2 > part-$k; done
        echo '{"type":"weather","v":1}' >> part-1
        printf %s "$(grep -v diagnosis part-2)" > second
        cusp-merge second part-1 > merged
        head -n 1 merged && tail -n +2 merged | cmp - whole
        """, folder: folder)
      #expect(outcome.status == 0 && outcome.text == "{\"type\":\"weather\",\"v\":1}\n", "\(outcome.text)")
      #expect(outcome.errors == "cusp-merge: 1 diagnosis record left out: they are of shards, not of the whole\n")
    }
  }

  @Test("What is no stream of predictions is 65, what is not there 66, and no output an input")
  func refusals() throws {
    try TrainedModel.withTwo { folder in
      func expect(_ command: String, _ status: Int32, _ message: String) throws {
        let outcome = try bash(command, folder: folder)
        #expect(outcome.status == status && outcome.output.isEmpty, "\(command)")
        #expect(outcome.errors.hasPrefix("cusp-merge: \(message)"), "\(outcome.errors)")
        #expect(outcome.errors.count { $0 == "\n" } == 1)
      }
      _ = try bash(
        "cusp-evaluate m.h5 --quiet --limit 5 > scores; cusp-attack m.h5 --quiet --fgsm --limit 5 > whole; : > empty",
        folder: folder)
      try expect("cusp-merge empty < /dev/null", 65, "no prediction records in empty")
      try expect("cusp-merge < /dev/null", 65, "no prediction records in stdin")
      try expect(
        "cusp-merge scores", 65,
        "no prediction records in scores; scores name no images: cusp-evaluate --predictions does\n")
      try expect("cusp-merge none whole", 66, "none: no such file; check the path")
      try expect("cusp-merge whole m.h5", 65, "m.h5: line 1, column 1: ")
      try expect(
        "sed -i 's/\"index\":3/\"index\":5/' whole; cusp-merge whole", 65, "whole: line 4: image 5 of a `total` of 5")
      try expect("cusp-merge whole >> whole", 64, "whole: is the file of standard output; ")
    }
  }

  @Test("Damaged streams end with 0, 1 or 65, and say why in few words")
  func damage() throws {
    let files = try ["records/predictions.ndjson", "records/mixed-predictions.ndjson", "plots/predictions.ndjson"].map {
      [UInt8](try Fixture.data($0))
    }
    var statuses: Set<Int32> = []
    for number in 0..<12 {
      var damage = Damage(seed: number)
      let outcome = try tool.run(input: damage.damage(files[number % files.count], other: files[1]), seconds: 60)
      #expect([0, 1, 65].contains(outcome.status), "seed \(number): \(outcome.errors)")
      #expect(outcome.status == 0 || !outcome.errors.isEmpty && outcome.errors.split(separator: "\n").count < 25)
      #expect(outcome.status == 0 || outcome.output.isEmpty)
      statuses.insert(outcome.status)
    }
    #expect(statuses.contains(65))
  }
}
