import Foundation
import TestSupport
import Testing

/// `cusp-plot filters`: the first layer of a model becomes a sheet of pictures.
@Suite struct PlotFiltersToolTests {
  @Test("Every filter is drawn, of models of ours and of other tools, and from a pipe")
  func drawn() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/n.h5")
      let outcome = try bash(
        """
        cusp-convert --quiet n.h5 n.pt && cusp-plot filters n.h5 --output a.svg &&
          cusp-plot filters - < n.h5 > b.svg && cmp a.svg b.svg && cusp-plot filters n.pt --as text | tail -n 1
        """, folder: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      let svg = try String(contentsOfFile: "\(folder)/a.svg", encoding: .utf8)
      let count = svg.components(separatedBy: "<image ").count - 1
      #expect(count > 7 && svg.contains("<title>filter 0</title>"))
      #expect(outcome.text.contains(": \(count) filters. Grey is zero, black and white are "))
    }
  }

  @Test(
    "Wrong input is one line and a status",
    arguments: [
      ("", 64, "filters: name one model file, as in cusp-plot filters model.h5"),
      ("n.h5 n.h5", 64, "filters: name one model file, as in cusp-plot filters model.h5"),
      ("missing.h5", 66, "missing.h5: no such file; check the path"),
      ("n.h5 --data digits", 64, "--data means nothing for filters; leave it out"),
      ("n.h5 --by model", 64, "--by means nothing for filters; leave it out"),
      ("n.h5 --as vega-lite", 64, "--as vega-lite: pictures are no data; take svg, png, pdf or text"),
      ("n.h5 --as svg --output ./n.h5", 64, "./n.h5: is the input n.h5 by another name; write to another file"),
      ("text", 65, "text: text, no model"),
    ] as [(String, Int32, String)])
  func refusals(arguments: String, status: Int32, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/n.h5")
      let outcome = try bash("echo hello > text; cusp-plot filters \(arguments)", folder: folder)
      #expect(outcome.status == status && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("cusp-plot: \(message)"), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1)
    }
  }
}
