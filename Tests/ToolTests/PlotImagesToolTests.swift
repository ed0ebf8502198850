import Foundation
import ImageFiles
import Records
import TestSupport
import Testing

/// `cusp-plot images`: a saved set and its records become a sheet of pictures.
@Suite struct PlotImagesToolTests {
  private func withSet(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/n.h5")
      let outcome = try bash(
        """
        cusp-attack n.h5 --quiet --epsilon 0.2 --limit 60 --save set.npz > set.ndjson &&
          cusp-attack n.h5 --quiet --epsilon 26/255 --rotation 30 --limit 40 --save turned --as png > turned.ndjson
        """, folder: folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      try body(folder)
    }
  }

  @Test(
    "Twenty successes are drawn, three pictures each, of both kinds of sets; the same bytes twice and through a pipe")
  func drawn() throws {
    try withSet { folder in
      let outcome = try bash(
        """
        cusp-plot images set.ndjson set.npz --title 'A <b>' --output a.svg && cusp-plot images set.npz set.ndjson > b.svg &&
          cat set.ndjson | cusp-plot images - set.npz > c.svg && cmp b.svg c.svg &&
          cusp-plot images turned.ndjson turned --as text
        """, folder: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      let svg = try String(contentsOfFile: "\(folder)/a.svg", encoding: .utf8)
      #expect(svg.contains("<title>A &lt;b&gt;</title>"))
      let files = svg.matches(of: /href="data:image\/png;base64,([^"]*)"/).map { String($0.1) }
      #expect(files.count == 60)
      for file in files {
        let image = try ImageFile([UInt8](try #require(Data(base64Encoded: file))), name: "picture")
        #expect(image.width == 192 && image.height == 192 && image.channels == 1)
      }
      let lines = outcome.text.split(separator: "\n")
      #expect(lines.count == 21 && lines[0].contains(" → ") && lines[0].contains("turned by "))
      #expect(lines[20].hasPrefix("pgd linf 26/255, rotation 30: the 10 nearest, then the 10 farthest of "))
    }
  }

  @Test("PNG and PDF are drawn of it where librsvg is, in a width that is asked for")
  func rasters() throws {
    try withSet { folder in
      let outcome = try bash(
        "cusp-plot images set.ndjson set.npz --size 600 --output a.png && cusp-plot images set.ndjson set.npz --output a.pdf",
        folder: folder)
      if outcome.status == 66 { return }
      #expect(outcome.status == 0, "\(outcome.errors)")
      let image = try ImageFile(path: "\(folder)/a.png")
      #expect(image.width == 600)
      let pixels = try image.pixels()
      // Black and white of digits, not the text alone.
      let dark = stride(from: 0, to: pixels.pixels.count, by: 3).count { pixels.pixels[$0] < 8 }
      #expect(Double(dark) / Double(image.width * image.height) > 0.05)
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.pdf")).starts(with: Array("%PDF".utf8)))
    }
  }

  @Test(
    "Wrong input is one line and a status, and writes nothing",
    arguments: [
      ("set.ndjson", 64, "images: give the records of an attack and the set that it saved, as in set.ndjson set.npz"),
      ("set.npz", 64, "images: give the records of an attack and the set that it saved, as in set.ndjson set.npz"),
      ("set.ndjson set.npz turned", 64, "images: give the records of an attack and the set that it saved"),
      ("turned.ndjson set.npz", 65, "set.npz: no records are of these images"),
      ("set.ndjson set.npz --x epsilon", 64, "--x means nothing for images; leave it out"),
      ("set.ndjson set.npz --follow", 64, "--follow means nothing for images; leave it out"),
      ("set.ndjson set.npz --as vega-lite", 64, "--as vega-lite: pictures are no data; take svg, png, pdf or text"),
      ("set.ndjson set.npz --size 300x300", 64, "--size: pictures are as high as they are; give a width"),
      ("set.ndjson set.npz --size 100", 64, "--size: too narrow for pictures; give a width of "),
      ("set.ndjson missing.npz", 66, "missing.npz: no such file; check the path"),
      ("set.ndjson set.npz --output ./set.npz --as svg", 64, "./set.npz: is the input set.npz by another name"),
    ] as [(String, Int32, String)])
  func refusals(arguments: String, status: Int32, message: String) throws {
    try withSet { folder in
      let output = arguments.contains("--output") ? "" : " --output a.svg"
      let outcome = try bash("cusp-plot images \(arguments)\(output)", folder: folder)
      #expect(outcome.status == status && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("cusp-plot: \(message)"), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/a.svg"))
    }
  }

  @Test("Figures have no clean images to look for")
  func data() throws {
    let outcome = try BuiltTool("cusp-plot").run(["profile", "--data", "digits"])
    #expect(outcome.status == 64 && outcome.errors == "cusp-plot: --data means nothing for a profile; leave it out\n")
  }
}
