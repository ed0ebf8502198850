import Foundation
import Records
import TestSupport
import Testing

/// Predictions that other tools saved, beside what NumPy makes of them.
@Suite struct PredictionFileTests {
  private let tool = BuiltTool("cusp-fooling-rate")

  private func expected() throws -> JSON { try JSON(parsing: Array(Fixture.data("predictions/expected.json"))) }

  private func path(_ name: String) -> String { Fixture.path("predictions/\(name).npy") }

  @Test("Integers of every type and logits give the classes that NumPy gives, and reductions are told")
  func classes() throws {
    let expected = try expected()
    let logits = Set((expected["logits"]?.array ?? []).compactMap(\.string))
    let members = try #require(expected["classes"]?.members)
    #expect(members.count == 16 && logits.count == 6)
    for first in members {
      for second in members.prefix(1) + members.suffix(6) {
        let outcome = try tool.run([path(first.key), path(second.key)])
        let (a, b) = (try #require(first.value.array), try #require(second.value.array))
        let record = try #require(try outcome.records().first)
        #expect(record["count"]?.integer == a.count)
        #expect(record["fooled"]?.integer == zip(a, b).count { $0 != $1 }, "\(first.key), \(second.key)")
        let told = outcome.errors.split(separator: "\n").map(String.init)
        #expect(told.count == [first.key, second.key].count(where: logits.contains), "\(outcome.errors)")
        #expect(told.allSatisfy { $0.hasSuffix(" classes, of which the first largest is taken as predicted") })
      }
    }
  }

  @Test("What is no prediction an image is refused with what it is and what is taken")
  func refusals() throws {
    let refused = (try expected()["refused"]?.array ?? []).compactMap(\.string)
    #expect(refused.count == 7)
    for name in refused {
      let outcome = try tool.run([path("int64"), path(name)])
      #expect(outcome.status == 65 && outcome.output.isEmpty)
      let words =
        name == "nan"
        ? "image 2: a logit is NaN, so no class is predicted"
        : " is no prediction an image; save integers (n,) or (n, 1), or logits (n, k) as floating-point numbers"
      #expect(outcome.errors.hasPrefix("cusp-fooling-rate: \(path(name)): ") && outcome.errors.hasSuffix("\(words)\n"))
    }
    let votes = try tool.run([path("int64"), path("votes")]).errors
    #expect(votes.contains("<i8 of the shape (24, 5) is no prediction"))
  }

  @Test("Either file may come through a pipe")
  func pipes() throws {
    let files = [path("int64"), path("logits-float32")]
    let plain = try tool.run(["--quiet"] + files)
    for command in [
      "cusp-fooling-rate --quiet - \(files[1]) < \(files[0])", "cusp-fooling-rate --quiet \(files[0]) - < \(files[1])",
      "cusp-fooling-rate --quiet <(cat \(files[0])) <(cat \(files[1]))",
    ] { #expect(try bash(command) == plain) }
  }

  @Test("Files of records are read one after the other, as if by cat")
  func recordFiles() throws {
    let whole = try Fixture.data("records/predictions.ndjson")
    let lines = whole.split(separator: 0x0A, omittingEmptySubsequences: false)
    try Fixture.withTemporaryFolder { folder in
      for (name, part) in [("a", lines[..<50]), ("b", lines[50..<51]), ("c", lines[51...])] {
        let bytes = Data(part.joined(separator: [0x0A])) + (name == "c" ? Data() : Data([0x0A]))
        try bytes.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      _ = try bash(": > empty; cat a b c > all", folder: folder)
      let plain = try tool.run(input: whole)
      #expect(plain.status == 0 && !plain.output.isEmpty)
      for command in [
        "cusp-fooling-rate all", "cusp-fooling-rate a b empty c", "cusp-fooling-rate a - c < b",
        "cusp-fooling-rate <(cat a) b <(cat c)", "cusp-fooling-rate - < all", "cusp-fooling-rate /dev/stdin < all",
        "cat a b c | cusp-fooling-rate /dev/stdin",
      ] {
        let outcome = try bash(command, folder: folder)
        #expect(outcome == plain, "\(command): \(outcome.errors)")
      }
    }
  }

  @Test("What is wrong with one of several files is told by its name")
  func wrongFiles() throws {
    try Fixture.withTemporaryFolder { folder in
      let good = Fixture.path("records/predictions.ndjson")
      _ = try bash("echo hello > bad; : > empty; head -n 2 \(good) > good", folder: folder)
      for (words, status, message) in [
        ("good bad", 65, "bad: line 1, column 1: expected a value"),
        ("good none", 66, "none: no such file; check the path"),
        ("empty empty", 65, "no prediction records in empty, empty"),
        (".", 66, ".: is a folder; name a file"),
        ("good \(path("int64"))", 64, "\(path("int64")): is a NumPy array (.npy); give two of them, or records alone"),
        (path("int64"), 64, "\(path("int64")): is a NumPy array (.npy); give two of them, or records alone"),
        ("\(path("int64")) good", 65, "good: not a NumPy file; write it with numpy.save"),
      ] as [(String, Int32, String)] {
        let outcome = try bash("cusp-fooling-rate \(words)", folder: folder)
        #expect(outcome.status == status && outcome.errors == "cusp-fooling-rate: \(message)\n", "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
      }
    }
  }
}
