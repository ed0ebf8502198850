import Checkpoints
import Inspection
import Testing

/// How a file came to be, as lines for a shell.
@Suite struct HistoryTests {
  @Test("Each step is a line that a shell takes, with its version and what it worked on in a comment")
  func lines() throws {
    let json = """
      {"tool":"cusp-convert","version":"0.2.0","arguments":["it's.pt","vgg.h5"],"parent":{"file":"ab"},
      "ancestors":[{"tool":"cusp-train","version":"0.1.0","arguments":["--data","mnist:My Data"],"engine":"direct"},
      {"tool":"cusp-convert","version":"0.1.0","parent":{"model":"cd"}}]}
      """
    let provenance = try #require(Provenance(json: json))
    #expect(
      provenance.commandLines == [
        "cusp-train --data 'mnist:My Data'  # 0.1.0, by direct", "cusp-convert  # 0.1.0, of the model cd",
        #"cusp-convert 'it'\''s.pt' vgg.h5  # 0.2.0, of the file ab"#,
      ])
  }

  @Test("What begins with nothing names no parent")
  func start() {
    let step = Provenance.Step(tool: "cusp-train", version: "1", arguments: ["--seed", "7"])
    #expect(Provenance(step).commandLines == ["cusp-train --seed 7  # 1"])
  }
}
