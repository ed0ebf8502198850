import Foundation
import Records
import TestSupport
import Testing

/// Every output of every program, pointed at every file that the program reads.
///
/// What programs take is read from their own description, so that a new option has to be given a place here.
@Suite struct OutputWalkTests {
  /// What the options and arguments of a program are to its files.
  struct Program: CustomTestStringConvertible, Sendable {
    let name: String
    /// What it reads, with command lines that have it read the files of the folder, named `FOLDER/...`.
    var inputs: [String: [String]] = [:]
    /// What it writes.
    var outputs: Set<String> = []
    /// What names no file.
    var others: Set<String> = []
    /// Whether what stands at `OUT` is written.
    var base = ""

    var testDescription: String { name }
  }

  /// What every program takes.
  private static let common: Set = ["progress"]
  private static let engine: Set = ["threads", "engine"]
  /// What is said of a network in a file of another tool.
  private static let network: Set = ["image", "normalise", "group", "prefix", "rename", "ignore"]
  private static let attack: Set = [
    "epsilon", "rotation", "translation", "sweep", "interpolation", "worst-of", "grid", "pose-steps", "like", "norm",
    "steps",
    "step-size", "start",
    "restarts", "target",
    "loss", "decay", "targets", "queries", "overshoot", "searches", "confidence", "learning-rate", "samples", "kernel",
    "corruption", "severity", "diversity", "quantile", "projection", "direction", "ensemble", "seed",
    "split", "limit", "shard", "batch-size",
    "threads", "engine",
  ]
  private static let recipe: Set = [
    "limit", "normalise", "keep", "save-every", "method", "inner", "epochs", "batch-size", "learning-rate", "schedule",
    "milestones", "warm-up", "momentum", "weight-decay", "label-smoothing", "clip-gradient", "average-weights",
    "optimizer", "betas", "accumulate",
    "keep-best", "validation", "rotation", "translation", "crop", "norm", "epsilon", "steps", "step-size", "beta",
    "adversary", "decay", "clean-share", "mixture", "cycles", "seed", "augmentations", "augmentation-step", "threads",
    "engine",
  ]

  static let programs = [
    Program(
      name: "cusp-train",
      inputs: [
        "data": [
          "--data FOLDER/d.npz", "--data FOLDER/d.h5", "--data mnist:FOLDER/idx", "--data folder:8:FOLDER/images",
        ],
        "arch": ["--arch FOLDER/arch.json"], "curriculum": ["--curriculum FOLDER/curriculum.json"],
        "substitute-for": ["--substitute-for FOLDER/m.h5"], "from": ["--from FOLDER/m.h5"],
        // Its data; the file itself is what it replaces.
        "resume": ["--resume FOLDER/of-d.h5"], "resume-or-begin": ["--resume-or-begin FOLDER/of-d.h5"],
      ], outputs: ["output", "partial"], others: recipe.union(["group", "prefix", "rename", "ignore", "format"]),
      base: "--epochs 1 --limit 32 --quiet --output OUT"),
    Program(
      name: "cusp-evaluate",
      inputs: [
        "models": ["FOLDER/m.h5", "FOLDER/of-d.h5", "- < FOLDER/m.h5", "< FOLDER/announced"],
        "data": ["FOLDER/m.h5 --data FOLDER/d.npz", "FOLDER/m.h5 --data mnist:FOLDER/idx"],
        "source": ["FOLDER/of-d.h5 --source FOLDER/m.h5"], "arch": ["FOLDER/w.npz --arch FOLDER/arch.json"],
        "corrupted": ["FOLDER/m.h5 --corruption fog --severity 1 --corrupted FOLDER/corrupted"],
        "resume": ["FOLDER/m.h5 --fgsm --predictions --resume FOLDER/attacked"],
      ], outputs: ["save-predictions"], others: attack.union(network).union(["format"]),
      base: "--limit 8 --quiet --save-predictions OUT"),
    Program(
      name: "cusp-convert",
      inputs: [
        "input": [
          "FOLDER/m.h5 OUT --to pt", "FOLDER/w.npz OUT --to h5", "- OUT --to pt < FOLDER/m.h5",
          "- OUT --to pt < FOLDER/announced", "FOLDER/d.npz OUT", "FOLDER/d.h5 OUT", "mnist:FOLDER/idx OUT --to npz",
        ], "arch": ["FOLDER/w.npz OUT --to h5 --arch FOLDER/arch.json"],
      ], outputs: ["output"], others: network.union(["to", "data"]), base: "--quiet"),
    Program(
      name: "cusp-attack",
      inputs: [
        "models": ["FOLDER/m.h5", "FOLDER/of-d.h5", "- < FOLDER/m.h5", "< FOLDER/announced"],
        "data": ["FOLDER/m.h5 --data FOLDER/d.npz", "FOLDER/m.h5 --data mnist:FOLDER/idx"],
        "source": ["FOLDER/of-d.h5 --source FOLDER/m.h5"], "arch": ["FOLDER/w.npz --arch FOLDER/arch.json"],
        "corrupted": ["FOLDER/m.h5 --corruption fog --severity 1 --corrupted FOLDER/corrupted"],
        "resume": ["FOLDER/m.h5 --resume FOLDER/attacked"],
      ], outputs: ["save"], others: attack.union(network).union(["as", "format"]),
      base: "--fgsm --limit 8 --quiet --save OUT"),
    Program(
      name: "cusp-verify", inputs: ["model": [], "set": [], "data": [], "arch": []],
      others: network.union(["split", "norm", "epsilon", "tolerance", "range", "images", "threads", "engine", "format"])
    ),
    Program(name: "cusp-doctor", others: ["threads", "engine", "format"]),
    Program(
      name: "cusp-bench",
      others: ["architecture", "program", "batch", "images", "repeats", "threads", "engine", "format"]),
    Program(name: "cusp-merge", inputs: ["files": []]),
    Program(name: "cusp-summarise", inputs: ["files": []], others: ["format", "x", "y"]),
    Program(
      name: "cusp-plot",
      inputs: [
        "files": [
          "profile FOLDER/scores", "training FOLDER/scores", "images FOLDER/attacked FOLDER/set.npz",
          "images FOLDER/attacked FOLDER/images", "filters FOLDER/m.h5",
        ], "data": ["images FOLDER/attacked FOLDER/set.npz --data FOLDER/d.npz"],
      ], outputs: ["output"],
      others: ["kind", "as", "title", "x", "y", "value", "by", "size", "theme"], base: "--as svg --output OUT"),
    Program(
      name: "cusp-report",
      inputs: [
        "inputs": ["FOLDER/scores FOLDER/m.h5", "FOLDER/attacked FOLDER/set.npz", "FOLDER/attacked FOLDER/images"],
        "data": ["FOLDER/attacked FOLDER/set.npz --data FOLDER/d.npz"],
      ], outputs: ["output"], others: ["title"], base: "--quiet --output OUT"),
    Program(
      name: "cusp-data",
      inputs: [
        "data": ["head FOLDER/d.npz --output OUT", "head mnist:FOLDER/idx --output OUT"],
        "input": ["make FOLDER/d.npz OUT", "make FOLDER/d.h5 OUT", "make mnist:FOLDER/idx OUT"],
      ], outputs: ["output"],
      others: [
        "set", "mirror", "timeout", "format", "split", "count", "limit", "classes", "rotation", "translation", "seed",
        "corruption", "severity",
      ], base: "--quiet"),
    Program(
      name: "cusp-diff", inputs: ["first": [], "second": [], "arch": []],
      others: network.union(["tolerance", "format"])),
    Program(name: "cusp-fooling-rate", inputs: ["files": []], others: ["format", "at"]),
    Program(name: "cusp-inspect", inputs: ["models": [], "arch": []], others: network.union(["format", "key"])),
    Program(
      name: "cusp-serve", inputs: ["model": [], "arch": []],
      others: network.union(["batch-size", "max-delay", "max-line", "threads", "engine"])),
    Program(name: "cusp", others: ["words"]),
  ]

  @Test("Every program is walked")
  func everyProgram() throws {
    let tools = try FileManager.default.contentsOfDirectory(atPath: Fixture.repository.appending(path: "tools").path)
    #expect(Self.programs.map(\.name).sorted() == tools.filter { $0 == "cusp" || $0.hasPrefix("cusp-") }.sorted())
  }

  @Test(
    "Every option with a value and every argument is known to be an input, an output or neither", arguments: programs)
  func everyOption(program: Program) throws {
    let dump = try BuiltTool(program.name).run(["--experimental-dump-help"])
    let command = try JSON(parsing: Array(dump.output))["command"]
    // The verbs of a program, too; the parser's own `help` takes a verb.
    let verbs = (command?["subcommands"]?.array ?? []).filter { $0["commandName"]?.string != "help" }
    let arguments = ([command].compactMap { $0 } + verbs).flatMap { $0["arguments"]?.array ?? [] }
    let names = try arguments.filter { $0["kind"]?.string != "flag" }.map { argument in
      try #require((argument["names"]?.array?.first?["name"] ?? argument["valueName"])?.string)
    }
    #expect(!names.isEmpty)
    #expect(Set(names) == Set(program.inputs.keys).union(program.outputs).union(program.others).union(Self.common))
    let isApart = program.outputs.isDisjoint(with: program.others.union(program.inputs.keys))
    #expect(isApart && program.others.isDisjoint(with: program.inputs.keys))
    #expect(program.outputs.isEmpty || program.inputs.values.allSatisfy { !$0.isEmpty })
  }

  @Test(
    "No output takes the bytes of an input, whatever it is called", arguments: programs.filter { !$0.outputs.isEmpty })
  func walk(program: Program) throws {
    try Fixture.withTemporaryFolder { parent in
      let folder = "\(parent)/files"
      try prepare(folder)
      let before = try snapshot(folder)
      for command in program.inputs.values.joined() {
        for target in try targets(of: command, in: folder) {
          for option in program.name == "cusp-train" ? ["", "--force"] : [""] {
            let words = "\(program.name) \(program.base) \(command) \(option)"
              .replacingOccurrences(of: "FOLDER", with: folder).replacingOccurrences(of: "OUT", with: target)
            let outcome = try bash("cd \(folder) && \(words)")
            #expect([64, 73].contains(outcome.status), "\(words): \(outcome.errors)")
            #expect(outcome.errors.count { $0 == "\n" } == 1, "\(words): \(outcome.errors)")
            let after = try snapshot(folder)
            #expect(after == before, "\(words)")
          }
        }
      }
    }
  }

  /// Files of all kinds that the programs read.
  private func prepare(_ folder: String) throws {
    let model = try TrainedModel.digits.get().path
    let outcome = try bash(
      """
      set -e
      mkdir -p \(folder)/idx && cd \(folder) && cp '\(model)' m.h5
      cusp-convert --quiet digits d.npz
      cusp-convert --quiet d.npz d.h5
      cusp-convert --quiet d.npz mnist:idx
      gzip idx/train-images-idx3-ubyte
      mkdir -p corrupted && cp '\(Fixture.path("datasets/cifar10-c"))'/*.npy corrupted
      mkdir -p images/0 && cp '\(Fixture.path("images/grey-8.png"))' images/0/x.png
      cusp-convert --quiet m.h5 w.npz
      cusp-train --quiet --data d.npz --epochs 1 --limit 32 --output of-d.h5 > announced
      cusp-inspect --definition m.h5 > arch.json
      echo '{"epochs":1,"stages":[{"from":1}]}' > curriculum.json
      cusp-evaluate --quiet m.h5 --limit 8 > scores
      cusp-attack --quiet m.h5 --limit 8 --save set.npz > attacked
      """)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  /// What leads to the files that `command` reads: their names in several spellings, and links to them.
  private func targets(of command: String, in folder: String) throws -> [String] {
    let words = command.split(separator: " ").map(String.init)
    var files = words.compactMap { word in word.contains("FOLDER/") ? word.components(separatedBy: "FOLDER/")[1] : nil }
    var isFolder = false
    if files.contains("idx") {
      files =
        files.filter { $0 != "idx" } + [
          // The packed one, and the plain one that would be read in its place.
          "idx/train-images-idx3-ubyte.gz", "idx/train-images-idx3-ubyte", "idx/t10k-labels-idx1-ubyte",
        ]
      isFolder = command.hasPrefix("mnist:")
    }
    if files.contains("corrupted") {
      files = files.filter { $0 != "corrupted" } + ["corrupted/fog.npy", "corrupted/labels.npy"]
    }
    if files.contains("images") { files = files.filter { $0 != "images" } + ["images/0/x.png"] }
    if command.contains("announced") || command.contains("of-d.h5") { files += ["of-d.h5", "d.npz"] }
    if command.hasPrefix("--resume") { files.removeAll { $0 == "of-d.h5" } }
    // A conversion reads none of the data that a model was trained on.
    if command.contains("OUT") && command.contains("announced") { files.removeAll { $0 == "d.npz" } }
    if isFolder { return ["mnist:idx", "mnist:./idx", "mnist:\(folder)/idx"] }
    return try files.flatMap { file in
      let links = "\(folder)/../\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: false)
      let ending = file.contains("idx/") ? "" : ".\(file.split(separator: ".").last ?? "")"
      let (symbolic, hard) = ("\(links)/symbolic\(ending)", "\(links)/hard\(ending)")
      try FileManager.default.createSymbolicLink(atPath: symbolic, withDestinationPath: "\(folder)/\(file)")
      let isThere = link("\(folder)/\(file)", hard) == 0
      return [file, "./\(file)", "idx/../\(file)", "\(folder)/\(file)", symbolic] + (isThere ? [hard] : [])
    }
  }

  /// The bytes of all files in `folder` by their paths.
  private func snapshot(_ folder: String) throws -> [String: Data] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
      !["idx", "images", "images/0", "corrupted"].contains($0)
    }
    return try Dictionary(
      uniqueKeysWithValues: paths.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
  }
}
