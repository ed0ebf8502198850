import Records
import TestSupport
import Testing

/// `cusp-doctor` as a program: what it finds where things are as they should be, and where something is taken away.
@Suite struct DoctorTests {
  private let tool = BuiltTool("cusp-doctor")

  private func findings(_ words: [String] = [], environment: [String: String] = [:]) throws -> [String: FindingRecord] {
    let outcome = try tool.run(words, environment: environment)
    var found: [String: FindingRecord] = [:]
    for line in outcome.text.split(separator: "\n") {
      let record = try FindingRecord(json: JSON(parsing: Array(line.utf8)))
      #expect(found[record.name] == nil, "\(record.name) comes twice")
      #expect((record.advice == nil) == (record.state == .fine), "\(record.name)")
      found[record.name] = record
    }
    return found
  }

  @Test("Every part is looked at once, works, and says so in a table too")
  func everyPart() throws {
    let found = try findings()
    let names: Set = [
      "cusp", "processor", "threads", "load", "memory", "engine", "convolutions", "speed", "HDF5", "librsvg", "curl",
      "MPI", "disk here", "data sets",
    ]
    #expect(names.isSubset(of: found.keys))
    #expect(found.values.allSatisfy { $0.state != .broken })
    let version = found["HDF5"]?.value.split(separator: ",").first?.split(separator: ".").compactMap { Int($0) }
    #expect(version?.count == 3)
    let speed = found["speed"]?.value.split(separator: " ").first.flatMap { Double($0) } ?? 0
    #expect(speed > 0)

    // What the portable engine does depends on no cache.
    let caches = found["caches"]?.value.matches(of: /([0-9]+) KiB/).compactMap { Int($0.1) } ?? []
    #expect(caches.count == (found["engine"]?.value.hasPrefix("onednn") == true ? 3 : 0))
    #expect(caches.allSatisfy { $0 > 0 })
    #expect(try findings(["--engine", "portable"])["caches"] == nil)

    let table = try tool.run(["--format", "text"])
    #expect(table.status == 0)
    for name in names { #expect(table.text.contains("\n\(name) "), "\(name)") }
  }

  @Test("What the environment takes away is named with what to do")
  func takenAway() throws {
    let poor = try findings(
      ["--threads", "64"],
      environment: ["PATH": "/nonexistent", "OMP_WAIT_POLICY": "active", "ONEDNN_MAX_CPU_ISA": "AVX2"])
    #expect(poor["curl"]?.state == .missing)
    #expect(poor["curl"]?.advice?.contains("install curl") == true)
    #expect(poor["OMP_WAIT_POLICY"]?.state == .slow)
    // A processor without AVX-512 loses nothing.
    let isWide = poor["processor"]?.value.contains("AVX-512") == true
    #expect(poor["convolutions"]?.state == (isWide ? .slow : .fine))
    #expect(poor["threads"]?.value.hasPrefix("64 threads on ") == true)
    #expect(poor["threads"]?.advice?.contains("--threads ") == true)
  }

  @Test("A folder for temporary files that is not there breaks HDF5's trial: status 1, and the folder is named")
  func noFolder() throws {
    let outcome = try tool.run([], environment: ["TMPDIR": "/nonexistent"])
    #expect(outcome.status == 1)
    let line = outcome.text.split(separator: "\n").first { $0.contains(#""name":"HDF5""#) } ?? ""
    #expect(line.contains(#""state":"broken""#))
    #expect(line.contains("/nonexistent: No such file or directory; name another folder in TMPDIR"))
  }
}
