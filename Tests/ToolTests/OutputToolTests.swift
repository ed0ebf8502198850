import Foundation
import TestSupport
import Testing

/// Files that programs do not write over.
@Suite struct OutputToolTests {
  private let train = "cusp-train --quiet --epochs 1 --limit 32"

  private func withModel(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/m.h5")
      try body(folder)
    }
  }

  private func expect(
    _ command: String, in folder: String, _ status: Int32, _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try bash(command, folder: folder)
    #expect(outcome.status == status, "\(command)", sourceLocation: sourceLocation)
    #expect(outcome.errors == "\(message)\n", "\(command)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, "\(command)", sourceLocation: sourceLocation)
  }

  @Test("A model file is written over by a run of the same configuration alone, unless forced")
  func otherRun() throws {
    try Fixture.withTemporaryFolder { folder in
      #expect(try bash("\(train) --output m.h5", folder: folder).problems.isEmpty)
      let first = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5"))
      // Nothing that decides the run differs.
      #expect(try bash("\(train) --output m.h5", folder: folder).problems.isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5")) == first)
      let refusal = "m.h5: is there, a model of another run; give another --output, or --force to replace it"
      for change in ["--seed 1", "--epochs 2", "--limit 64", "--method pgd", "--normalise 0.5/0.5"] {
        try expect("\(train) \(change) --output m.h5", in: folder, 73, "cusp-train: \(refusal)")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5")) == first)
      #expect(try bash("\(train) --seed 1 --output m.h5 --force", folder: folder).problems.isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5")) != first)
    }
  }

  @Test("Files that are no models are not written over, empty ones are; kept models are looked at as well")
  func otherFiles() throws {
    try Fixture.withTemporaryFolder { folder in
      _ = try bash("echo notes > m.h5; echo notes > n-epoch1.h5; : > empty.h5", folder: folder)
      let words = "is there, a file that is no model of this run; give another --output, or --force to replace it"
      try expect("\(train) --output m.h5", in: folder, 73, "cusp-train: m.h5: \(words)")
      try expect(
        "\(train) --epochs 2 --keep 1 --output n.h5", in: folder, 73, "cusp-train: n-epoch1.h5: \(words)")
      #expect(try bash("cat m.h5 n-epoch1.h5", folder: folder).text == "notes\nnotes\n")
      #expect(try bash("\(train) --output empty.h5", folder: folder).problems.isEmpty)
    }
  }

  @Test("Default names carry the seed, unless it is 0")
  func names() throws {
    try Fixture.withTemporaryFolder { folder in
      for arguments in ["", "--seed 3", "--seed 3 --method pgd"] {
        #expect(try bash("\(train) \(arguments)", folder: folder).problems.isEmpty)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["digits-cnn-natural-seed3.h5", "digits-cnn-natural.h5", "digits-cnn-pgd-seed3.h5"])
    }
  }

  @Test("Descriptors, devices and a dash are no files to write; a file may still be called so")
  func descriptors() throws {
    try withModel { folder in
      for path in ["/dev/stdout", "/dev/fd/2", "/proc/self/fd/1"] {
        let words = "\(path): cannot create: this is a descriptor; name a plain file"
        try expect("cusp-evaluate --save-predictions \(path) m.h5", in: folder, 73, "cusp-evaluate: \(words)")
        let through = "2> errors; s=$?; cat errors >&2; exit $s"
        try expect("\(train) --output \(path) \(through)", in: folder, 73, "cusp-train: \(words)")
      }
      let dash = "-: is no file to write here, as standard output carries records; name a file, or ./-"
      try expect("\(train) --output -", in: folder, 64, "cusp-train: \(dash)")
      try expect("cusp-evaluate --save-predictions - m.h5", in: folder, 64, "cusp-evaluate: \(dash)")
      let null = "/dev/null: cannot create: this is a device; name a plain file"
      try expect("cusp-evaluate --save-predictions /dev/null m.h5", in: folder, 73, "cusp-evaluate: \(null)")
      #expect(try bash("\(train) --output ./-", folder: folder).problems.isEmpty)
      #expect(try bash("cusp-inspect --verify ./-", folder: folder).status == 0)
    }
  }

  @Test("What goes on to a file is not read from it")
  func appending() throws {
    try withModel { folder in
      let predictions = try Fixture.data("records/predictions.ndjson")
      try predictions.write(to: URL(fileURLWithPath: "\(folder)/p"))
      for command in [
        "cusp-fooling-rate p >> p", "cusp-fooling-rate < p >> p", "cat p | cusp-fooling-rate - ./p >> p",
        "cusp-inspect m.h5 >> m.h5", "cusp-evaluate --quiet --limit 5 m.h5 >> m.h5", "cusp-inspect < m.h5 >> m.h5",
      ] {
        let before = try bash("cat p m.h5", folder: folder).output
        let outcome = try bash(command, folder: folder)
        #expect(outcome.status == 64 && outcome.errors.contains(": is the file of standard output; "), "\(command)")
        #expect(try bash("cat p m.h5", folder: folder).output == before, "\(command)")
      }
      #expect(try bash("cusp-fooling-rate p >> rates && cusp-fooling-rate p >> rates", folder: folder).status == 0)
    }
  }

  @Test("The file of standard output and the records on standard input are no outputs either")
  func streams() throws {
    try withModel { folder in
      let outcome = try bash("\(train) --output r.h5 > r.h5; s=$?; [ -s r.h5 ] || exit $s", folder: folder)
      #expect(outcome.status == 64)
      #expect(outcome.errors == "cusp-train: r.h5: is the file of standard output; write to another file\n")
      _ = try bash("\(train) --output n.h5 > records", folder: folder)
      let words = "records: is the file of standard input; write to another file"
      try expect(
        "cusp-evaluate --save-predictions records < records", in: folder, 64, "cusp-evaluate: \(words)")
      let model = "n.h5: is the input \(folder)/n.h5 by another name; write to another file"
      let resolved = try bash("pwd -P", folder: folder).text.dropLast()
      try expect(
        "cusp-evaluate --quiet --save-predictions n.h5 < records", in: folder, 64,
        "cusp-evaluate: \(model.replacingOccurrences(of: folder, with: resolved))")
    }
  }
}
