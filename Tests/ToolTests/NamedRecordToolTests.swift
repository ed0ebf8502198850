import Foundation
import Records
import TestSupport
import Testing

/// Records that name their model's file, from one program to the next.
@Suite("Records name their model's file") struct NamedRecordToolTests {
  /// A folder with one model under two names, as two seeds would be, and one that differs.
  private func withModels(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let trained = try bash(
        "for seed in 1 2; do cusp-train --quiet --epochs 1 --limit 64 --seed $seed --output net-$seed.h5; done > announced",
        folder: folder)
      try #require(trained.status == 0, "\(trained.errors)")
      try body(folder)
    }
  }

  @Test("Scores go to figures, tables and summaries under their models' names, without the records of training")
  func names() throws {
    try withModels { folder in
      let scores = try bash(
        "cusp-evaluate net-1.h5 net-2.h5 --quiet --limit 40 --rotation 0,30 | tee scores", folder: folder)
      #expect(scores.problems.isEmpty)
      #expect(try scores.records().map { $0["path"]?.string } == ["net-1.h5", "net-1.h5", "net-2.h5", "net-2.h5"])
      #expect(try scores.records().map { $0["model_seed"]?.string } == ["1", "1", "2", "2"])
      #expect(try scores.records().allSatisfy { $0["method"]?.string == "natural" })
      let figure = try bash("cusp-plot profile scores --as vega-lite", folder: folder)
      #expect(figure.text.contains("net-1.h5") && figure.text.contains("net-2.h5"))
      let summary = try bash("cusp-summarise scores", folder: folder)
      #expect(try summary.records().map { $0["name"]?.string } == ["net.h5", "net.h5"])
      #expect(summary.problems.isEmpty)
      // Announced or not, the same comes of them.
      #expect(try bash("cusp-summarise announced scores", folder: folder).output == summary.output)
    }
  }

  @Test("Predictions of an attack are called by the file, too, and a copy's are the same under its own name")
  func predictions() throws {
    try withModels { folder in
      let nearest = try bash(
        "cp net-1.h5 copy.h5; cusp-attack net-1.h5 --ddn --quiet --limit 20 > nearest; cusp-plot curve nearest --as vega-lite",
        folder: folder)
      #expect(nearest.status == 0 && nearest.text.contains("net-1.h5"), "\(nearest.errors)")
      let copied = try bash("cusp-attack copy.h5 --ddn --quiet --limit 20", folder: folder)
      #expect(copied.problems.isEmpty)
      let (first, second) = (
        try bash("cat nearest", folder: folder).records(), try copied.records()
      )
      #expect(second.allSatisfy { $0["path"]?.string == "copy.h5" } && first.count == 20)
      #expect(first.map { $0["model"]?.string } == second.map { $0["model"]?.string })
      for key in ["label", "natural", "perturbed", "distance", "model_seed"] {
        #expect(first.map { $0[key] } == second.map { $0[key] }, "\(key)")
      }
      let missing = try bash("cusp-plot curve announced --as vega-lite", folder: folder)
      #expect(missing.status == 65 && missing.output.isEmpty)
      #expect(missing.errors.hasPrefix("cusp-plot: no "), "\(missing.errors)")
      #expect(missing.errors.count { $0 == "\n" } == 1)
    }
  }
}
