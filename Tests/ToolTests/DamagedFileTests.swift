import Archives
import Foundation
import TestSupport
import Testing

/// Randomly damaged files of all formats, given to the programs that read them.
///
/// `tools/damage-test COUNT` runs this with more of them than `swift test` does.
@Suite("Damaged files")
struct DamagedFileTests {
  /// A program with what it is to do with a file, and the files that are damaged for it.
  struct Reading: CustomTestStringConvertible, Sendable {
    let program: String
    let arguments: [String]
    /// Below `fixtures/`; those of a folder that end with one of the suffixes.
    let folders: [String]
    let suffixes: [String]
    /// What it may end with besides 0 and 65.
    var otherStatuses: Set<Int32> = []

    /// Whether the file comes on standard input.
    var isPiped: Bool { !arguments.contains("FILE") }
    var testDescription: String { ([program] + arguments).joined(separator: " ") + " with \(suffixes[0])" }

    /// The paths of the files, sorted.
    func files() throws -> [String] {
      let paths = try folders.flatMap { folder in
        try FileManager.default.contentsOfDirectory(atPath: Fixture.path(folder)).map {
          Fixture.path("\(folder)/\($0)")
        }
      }
      return paths.filter { path in suffixes.contains(where: path.hasSuffix) }.sorted()
    }
  }

  /// How many files are damaged in all.
  static let count = ProcessInfo.processInfo.environment["CUSP_DAMAGED_FILES"].flatMap { Int($0) } ?? 100
  /// The first seed.
  static let seed = ProcessInfo.processInfo.environment["CUSP_DAMAGE_SEED"].flatMap { Int($0) } ?? 0

  static let readings = [
    Reading(
      program: "cusp-inspect", arguments: ["FILE"], folders: ["checkpoints", "hdf5", "datasets"], suffixes: [".h5"]),
    Reading(
      program: "cusp-inspect", arguments: ["--json", "FILE"], folders: ["archives", "datasets", "datasets/mnist"],
      suffixes: [".npz", ".npy", ".zip", ".gz", "-ubyte"]),
    Reading(
      program: "cusp-convert", arguments: ["--quiet", "FILE", "FOLDER/converted.safetensors"],
      folders: ["interchange", "checkpoints"], suffixes: [".pt", ".safetensors", ".npz", ".h5"]),
    Reading(
      program: "cusp-convert", arguments: ["--quiet", "FILE", "FOLDER/converted.h5"], folders: ["onnx"],
      suffixes: [".onnx"]),
    Reading(
      program: "cusp-convert", arguments: ["--quiet", "FILE", "FOLDER/converted.h5"], folders: ["keras"],
      suffixes: [".keras", ".h5"]),
    Reading(
      program: "cusp-verify", arguments: ["--quiet", "--epsilon", "1", "MODEL", "FILE"], folders: ["saved-sets"],
      suffixes: [".npz", ".npy", ".pt"], otherStatuses: [1]),
    Reading(program: "cusp-fooling-rate", arguments: ["FILE", "FILE"], folders: ["archives"], suffixes: [".npy"]),
    Reading(program: "cusp-fooling-rate", arguments: [], folders: ["records", "fuzz/records"], suffixes: [".ndjson"]),
    Reading(program: "cusp-summarise", arguments: [], folders: ["records", "plots"], suffixes: [".ndjson"]),
    Reading(program: "cusp-plot", arguments: ["profile"], folders: ["records", "plots"], suffixes: [".ndjson"]),
    Reading(
      program: "cusp-report", arguments: ["FILE"], folders: ["records", "plots", "reports"], suffixes: [".ndjson"]),
    Reading(
      program: "cusp-train", arguments: ["--print-curriculum", "--curriculum", "FILE"], folders: ["fuzz/curriculum"],
      suffixes: [".json"]),
  ]

  @Test("Every damaged file ends with 0, or with 65 and one line", arguments: readings)
  func damaged(reading: Reading) throws {
    let files = try reading.files().map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0))) }
    try #require(!files.isEmpty)
    let tool = BuiltTool(reading.program)
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/damaged"
      let arguments = try reading.arguments.map { word in
        switch word {
        case "FILE": path
        case "MODEL": try TrainedModel.digits.get().path
        default: word.replacingOccurrences(of: "FOLDER", with: folder)
        }
      }
      var refused = 0
      for number in 0..<max(Self.count / Self.readings.count, 1) {
        var damage = Damage(seed: Self.seed + number)
        let bytes = damage.strike(
          files[number % files.count], other: files[Int.random(in: files.indices, using: &damage)])
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let outcome = try tool.run(arguments, input: reading.isPiped ? bytes : [], seconds: 120)
        // What the program before it could not do, by its `error` records, is passed on besides.
        let passedOn = "\(reading.program): stdin: "
        let lines = outcome.errors.split(separator: "\n").count { !$0.hasPrefix(passedOn) }
        let isAnswer = outcome.status == 0 || reading.otherStatuses.contains(outcome.status)
        let isOrderly = isAnswer ? lines <= 1 : outcome.status == 65 && lines == 1
        #expect(isOrderly, "seed \(Self.seed + number), status \(outcome.status): \(outcome.errors)")
        refused += outcome.status == 65 ? 1 : 0
      }
      // Damage that nobody notices, or that is all the same, would test nothing.
      #expect(refused > 0)
    }
  }
}

extension Damage {
  /// `bytes` damaged; of most zip archives one entry, so that the checksums are right.
  fileprivate mutating func strike(_ bytes: [UInt8], other: [UInt8]) -> [UInt8] {
    guard Int.random(in: 0..<4, using: &self) > 0, let archive = try? ZipArchive(bytes, limit: 1 << 20, name: "seed"),
      var entries = try? archive.entries.map({ (name: $0.name, bytes: try archive.contents(of: $0)) }),
      let index = entries.indices.randomElement(using: &self)
    else { return damage(bytes, other: other) }
    entries[index].bytes = damage(entries[index].bytes, other: other)
    return (try? zipStoring(entries)) ?? bytes
  }
}
