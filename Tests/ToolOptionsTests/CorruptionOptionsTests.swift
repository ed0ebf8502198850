import ArgumentParser
import Corruptions
import Evaluation
import Spatial
import Testing
import ToolOptions

@Suite("Options of corruptions")
struct CorruptionOptionsTests {
  private func options(_ arguments: String) throws -> SpatialOptions {
    try SpatialOptions.parse(arguments.split(separator: " ").map(String.init))
  }

  private func settings(_ arguments: String) throws -> [String] {
    try options(arguments).transformations(seed: 3).map { transformation in
      let corruption = transformation.corruption.map { "\($0.name) \($0.severity) " } ?? ""
      return "\(corruption)\(transformation.distribution.rotation)"
    }
  }

  @Test("Every corruption goes with every severity and every pose; all severities unless some are named")
  func products() throws {
    #expect(try settings("") == ["0.0"])
    #expect(try settings("--corruption fog --severity 2,5") == ["fog 2 0.0", "fog 5 0.0"])
    #expect(try settings("--corruption fog") == (1...5).map { "fog \($0) 0.0" })
    #expect(
      try settings("--corruption fog,contrast --severity 2:3 --rotation 0,30")
        == ["fog", "contrast"].flatMap { name in [2, 3].flatMap { ["\(name) \($0) 0.0", "\(name) \($0) 30.0"] } })
    #expect(try settings("--corruption all --severity 1").count == Corruption.Kind.allCases.count)
    #expect(try options("--corruption fog,contrast --severity 2:3 --rotation 0,30").count == 8)
  }

  @Test("Something is drawn where corruptions are computed")
  func draws() throws {
    #expect(try options("--corruption fog").drawsPoses && !options("").drawsPoses)
    #expect(try !options("--corruption fog --corrupted /x").drawsPoses)
    let computed = try options("--corruption fog --severity 1").transformations(seed: 3)[0].corruption
    #expect(computed == .computed(Corruption(.fog, severity: 1), seed: 3))
  }

  @Test(
    "What means nothing is refused",
    arguments: [
      ("--severity 3", "--severity 3: of what? give --corruption"),
      ("--corrupted DIR", "--corrupted DIR: which of them? give --corruption"),
      ("--corruption fog --severity 0", "give severities of 1 to 5"), ("--corruption fog --severity 6", "of 1 to 5"),
      ("--corruption fog --severity 5:1", "of 1 to 5"), ("--corruption fog --severity 1,1", "each once"),
      ("--corruption fog --severity x", "of 1 to 5"), ("--corruption fog --severity 1:2:3", "of 1 to 5"),
      ("--corruption fog --severity 9223372036854775807", "of 1 to 5"), ("--corruption fog,fog", "each once"),
      ("--corruption fog,", "give names, each once"), ("--corruption fog --severity=-3:2", "of 1 to 5"),
      ("--corruption fog --severity :3", "of 1 to 5"), ("--corruption fog --severity 2:", "of 1 to 5"),
      ("--corruption fog --severity 1:99", "of 1 to 5"),
      ("--corruption fog --rotation 3 --worst-of 5", "leave out --worst-of 5 or --corruption"),
      ("--corruption fog --rotation 3 --grid 1x1x3", "leave out --grid 1x1x3 or --corruption"),
    ])
  func refused(arguments: String, message: String) {
    let error = #expect(throws: (any Error).self) { _ = try options(arguments) }
    let text = error.map { SpatialOptions.message(for: $0) } ?? ""
    #expect(text.contains(message), "\(text)")
  }

  @Test("A corruption that is none, and one without a file, are told")
  func unknown() throws {
    for (arguments, part) in [
      ("--corruption smog", "--corruption smog: none that is computed; give gaussian_noise, "),
      ("--corruption fog --corrupted /nowhere", "/nowhere/fog.npy: no such file"),
    ] {
      let error = #expect(throws: (any Error).self) { _ = try options(arguments).transformations(seed: 0) }
      #expect("\(error.map { "\($0)" } ?? "")".contains(part))
    }
  }
}
