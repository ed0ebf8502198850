import Foundation
import Records
import TestSupport
import Testing

/// Models in files of other tools, in all programs that hold them against something.
@Suite struct ForeignModelToolTests {
  /// Calls `body` in a folder with a model of the digits, `m.h5`, and the same as PyTorch's `net.pt`, its names longer.
  private func withModels(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/m.h5")
      let outcome = try bash(
        "cusp-convert m.h5 p.pt --quiet && cusp-convert p.pt net.pt --rename '^=net.' --quiet", folder: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      try body(folder)
    }
  }

  @Test("cusp-diff finds the network where it is told to look, in whichever of both files it lies")
  func differences() throws {
    try withModels { folder in
      for files in ["m.h5 net.pt", "net.pt m.h5"] {
        for options in ["--prefix net.", "--rename '^net\\.='", "--prefix net. --arch digits-cnn --ignore 'other*'"] {
          let outcome = try bash("cusp-diff --tensors --format ndjson \(options) \(files)", folder: folder)
          #expect(outcome.problems.isEmpty)
          #expect(try outcome.records().first?["same"]?.bool == true, "\(options): \(outcome.text)")
        }
      }
      let left = try bash("cusp-diff --tensors --format ndjson --ignore net.fc2.bias net.pt net.pt", folder: folder)
      #expect(left.status == 0)
      #expect(try left.records().first?["compared"]?.integer == 7, "\(left.text)")
      let lost = try bash("cusp-diff --prefix none. m.h5 net.pt", folder: folder)
      #expect(lost.status == 64)
      #expect(lost.errors.hasPrefix("cusp-diff: net.pt: no tensor's name begins with the --prefix none."))
      let idle = try bash("cusp-diff --prefix net. m.h5 m.h5", folder: folder)
      #expect(idle.status == 64)
      #expect(
        idle.errors
          == "cusp-diff: --prefix: is for files of other tools, and both are this package's; leave it out\n")
    }
  }

  @Test("cusp-verify scores a network of another tool's file as ours, and says how it was found")
  func verification() throws {
    try withModels { folder in
      let attack = "cusp-attack m.h5 --quiet --limit 40 --epsilon 0.1 --steps 3 --save set.npz > records"
      #expect(try bash(attack, folder: folder).status == 0)
      let own = try bash("cusp-verify m.h5 set.npz --epsilon 0.1 --quiet", folder: folder)
      let other = try bash("cusp-verify net.pt set.npz --epsilon 0.1 --prefix net.", folder: folder)
      #expect(own.problems.isEmpty && other.problems.isEmpty)
      let records = try [own, other].map { try #require($0.records().first) }
      for key in ["count", "holds", "correct", "fooled"] {
        #expect(records[0][key] != nil && records[0][key] == records[1][key], "\(key)")
      }
      let normalised = try bash(
        "cusp-verify net.pt set.npz --epsilon 0.1 --prefix net. --normalise 0.9,0.01 --quiet", folder: folder)
      #expect(try normalised.records().first?["correct"] != records[0]["correct"])
    }
  }

  @Test("What another tool's network was found as is said of sources, oracles and what is verified")
  func notes() throws {
    try Fixture.withTemporaryFolder { folder in
      for (name, copy) in [("trained.pt2", "net.pt2"), ("trained.pt2", "other.pt2"), ("trained.npz", "images.npz")] {
        try FileManager.default.copyItem(atPath: Fixture.path("starts/\(name)"), toPath: "\(folder)/\(copy)")
      }
      let attack = "cusp-attack net.pt2 --data images.npz --epsilon 0.1 --steps 1"
      #expect(try bash("\(attack) --quiet --save set.npz > records", folder: folder).status == 0)
      for command in [
        "\(attack) --source other.pt2", "cusp-verify other.pt2 set.npz --data images.npz --epsilon 0.1",
        "cusp-evaluate net.pt2 --source other.pt2 --data images.npz --pgd --epsilon 0.1 --steps 1",
        "cusp-train --substitute-for other.pt2 --data images.npz --epochs 1 --augmentations 0 --output s.h5",
      ] {
        let outcome = try bash(command, folder: folder)
        let program = command.prefix { $0 != " " }
        #expect(outcome.problems.isEmpty)
        #expect(outcome.errors.contains("\(program): other.pt2: a graph of 18 nodes, by PyTorch"), "\(outcome.errors)")
        #expect(try bash("\(command) --quiet", folder: folder).errors.isEmpty)
      }
    }
  }
}
