import Foundation
import TestSupport
import Testing

/// What the system does not give is told as that, not as the fault of a file.
@Suite struct ShortageTests {
  @Test(
    "Too few descriptors are told as such, at whatever place they end",
    arguments: ["cusp-inspect --json", "cusp-evaluate --limit 5 --quiet", "cusp-convert --to pt --quiet"])
  func descriptors(command: String) throws {
    let model = try TrainedModel.digits.get().path
    // What other tests hold open at the moment may have been passed on to the shell.
    let alone = #"for place in /dev/fd/*; do number=${place##*/}; [ "$number" -le 2 ] || eval "exec $number>&-"; done;"#
    try Fixture.withTemporaryFolder { folder in
      var refusals = 0
      for limit in 4...14 {
        let outcome = try bash(
          "\(alone) ulimit -n \(limit); exec \(command) \(model) > out 2> errors < /dev/null", folder: folder)
        guard outcome.status != 0 else { continue }
        // With fewer than the shell needs, or a library to be loaded, no program starts.
        guard let errors = try? String(contentsOfFile: "\(folder)/errors", encoding: .utf8), errors.hasPrefix("cusp")
        else { continue }
        refusals += 1
        #expect(outcome.status == 74, "\(limit): \(errors)")
        #expect(errors.contains("Too many open files; allow more by `ulimit -n`"), "\(limit): \(errors)")
        #expect(errors.count { $0 == "\n" } == 1 && !errors.contains("permissions"))
      }
      #expect(refusals > 0)
    }
  }

  #if os(Linux)
    @Test("Too few threads are told as such, and end with no status that means an answer")
    func threads() throws {
      let model = try TrainedModel.digits.get().path
      let outcome = try bash("ulimit -v 3000000; cusp-evaluate --quiet --threads 1024 --limit 5 '\(model)'")
      #expect(outcome.status == 74)
      #expect(outcome.output.isEmpty)
      #expect(
        outcome.errors.hasPrefix("cusp-evaluate: --threads 1024: Resource temporarily unavailable; the system gives "))
      #expect(outcome.errors.hasSuffix(", take fewer or allow more by `ulimit`\n"))
    }
  #endif
}
