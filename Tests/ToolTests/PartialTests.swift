import Foundation
import Records
import TestSupport
import Testing

/// `--partial`: a model that appears under its name when it is whole; and streams that are appended to.
@Suite struct PartialTests {
  private let recipe = "cusp-train --quiet --limit 640 --threads 1 --method pgd --epsilon 0.1 --steps 2 --epochs 4"

  private func bytes(_ name: String, in folder: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// Runs `command` in `folder`, stops it by `signal` once `file` is there, and expects `status`.
  private func stop(
    _ command: String, when file: String, by signal: String = "TERM", status: Int32 = 143, in folder: String
  ) throws {
    let outcome = try bash(
      """
      \(command) & process=$!
      until [ -e \(file) ]; do sleep 0.01; done
      kill -\(signal) $process
      wait $process
      """, folder: folder)
    #expect(outcome.status == status, "\(outcome.errors)")
  }

  /// The epochs of a stream, without what differs from run to run.
  private func epochs(_ name: String, in folder: String) throws -> [String] {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix(#"{"type":"epoch""#) }.map { $0.components(separatedBy: #","images_per_second""#)[0] }
  }

  @Test(
    "Stopped, it is only in the partial file; begun again it goes on there, and ends with the bytes of any other run",
    arguments: [("TERM", 143), ("KILL", 137)] as [(String, Int32)])
  func stopped(signal: String, status: Int32) throws {
    try Fixture.withTemporaryFolder { folder in
      #expect(try bash("\(recipe) --output whole.h5 > whole", folder: folder).problems == [])
      let command = "\(recipe) --save-every 1 --output m.h5 --partial m.h5.part"
      try stop("\(command) >> run", when: "m.h5.part", by: signal, status: status, in: folder)
      #expect(try names(folder).filter { !$0.hasPrefix(".") } == ["m.h5.part", "run", "whole", "whole.h5"])
      let again = try bash("\(command.replacing(" --quiet", with: "")) >> run", folder: folder)
      #expect(again.problems == [])
      let line = /cusp-train: m.h5.part: goes on with(in)? epoch [1-4] of 4\n/
      #expect(try line.firstMatch(in: again.errors) != nil, "\(again.errors)")
      #expect(try names(folder) == ["m.h5", "run", "whole", "whole.h5"])
      #expect(try bytes("m.h5", in: folder) == bytes("whole.h5", in: folder))
      // Each epoch is told at most once; by one that could still say so, exactly once.
      let (told, expected) = (try epochs("run", in: folder), try epochs("whole", in: folder))
      if signal == "TERM" { #expect(told == expected) }
      #expect(told == expected.filter(told.contains) && expected.count == 4)
      // Once it is there it is announced, and stays as it is.
      let before = try FileManager.default.attributesOfItem(atPath: "\(folder)/m.h5")[.systemFileNumber] as? Int
      let finished = try bash(command, folder: folder)
      #expect(finished.problems == [] && finished.errors.isEmpty)
      #expect(try finished.records().map { $0["type"]?.string } == ["run", "checkpoint"])
      let after = try FileManager.default.attributesOfItem(atPath: "\(folder)/m.h5")[.systemFileNumber] as? Int
      #expect(before == after && before != nil)
    }
  }

  @Test("A run that was whole but had not its name yet gets it; one that is to be longer goes on from its file")
  func ends() throws {
    try Fixture.withTemporaryFolder { folder in
      let short = "cusp-train --quiet --limit 64 --threads 1 --milestones none"
      #expect(try bash("\(short) --epochs 2 --output two.h5", folder: folder).problems == [])
      _ = try bash("cp two.h5 m.part", folder: folder)
      let named = try bash("\(short) --epochs 2 --output m.h5 --partial m.part", folder: folder)
      #expect(try named.problems == [] && named.records().map { $0["type"]?.string } == ["run", "checkpoint"])
      #expect(try names(folder) == ["m.h5", "two.h5"] && bytes("m.h5", in: folder) == bytes("two.h5", in: folder))

      #expect(try bash("\(short) --epochs 3 --output three.h5", folder: folder).problems == [])
      let longer = try bash("\(short) --epochs 3 --output m.h5 --partial m.part", folder: folder)
      #expect(try longer.problems == [] && longer.records().map { $0["epoch"]?.integer } == [nil, 3, 3])
      #expect(try bytes("m.h5", in: folder) == bytes("three.h5", in: folder))
      // The shorter one stays until the longer one is whole, also where that begins a second time.
      _ = try bash("cp two.h5 m.h5; cp two.h5 m.part", folder: folder)
      #expect(try bash("\(short) --epochs 3 --output m.h5 --partial m.part", folder: folder).problems == [])
      #expect(try bytes("m.h5", in: folder) == bytes("three.h5", in: folder))
      #expect(try names(folder) == ["m.h5", "three.h5", "two.h5"])
    }
  }

  @Test("Another run is begun anew by force alone, and kept models have the names that they have without")
  func force() throws {
    try Fixture.withTemporaryFolder { folder in
      let command = "cusp-train --quiet --limit 64 --threads 1 --epochs 2 --output m.h5 --partial m.part"
      #expect(try bash("\(command) --keep 1", folder: folder).problems == [])
      #expect(try names(folder) == ["m-epoch1.h5", "m.h5"])
      let first = try bytes("m.h5", in: folder)
      let other = try bash("\(command) --seed 3", folder: folder)
      #expect(other.status == 64)
      #expect(
        other.errors
          == "cusp-train: --output m.h5: seed is \"0\" there, not \"3\"; give another --output, or --force to begin anew\n"
      )
      #expect(try bytes("m.h5", in: folder) == first)
      #expect(try bash("\(command) --seed 3 --force", folder: folder).problems == [])
      #expect(try bytes("m.h5", in: folder) != first && names(folder) == ["m-epoch1.h5", "m.h5"])
      _ = try bash("mv m.h5 m.part; echo notes > m.h5", folder: folder)
      let foreign = try bash("\(command) --seed 3", folder: folder)
      #expect(foreign.status == 73)
      #expect(foreign.errors.contains("m.h5: is there, a file that is no model of this run; give another --output"))
    }
  }

  @Test(
    "What contradicts it is one line",
    arguments: [
      ("--partial p", 64, "--partial p: needs --output, the name of the whole model"),
      ("--partial p --resume m.h5", 64, "--partial p: is gone on with as it is; leave out --resume"),
      ("--partial p --resume-or-begin m.h5", 64, "--partial p: is gone on with as it is; leave out --resume-or-begin"),
      ("--partial m.h5 --output ./m.h5", 64, "m.h5: is the file that it is to become, ./m.h5; name another one"),
      ("--partial - --output m.h5", 64, "-: is no file to write here"),
      ("--partial d.npz --output m.h5", 65, "d.npz: "),
      ("--partial none/p --output m.h5", 73, "none/p: cannot create: no such folder; make it first"),
      ("--partial new.npz --data new.npz --output m.h5", 66, "new.npz: no such file"),
      ("--partial m-epoch1.h5 --keep 1 --epochs 2 --output m.h5", 64, "m-epoch1.h5: is an input"),
      ("--partial empty --output m.h5 --data d.npz > empty", 64, "empty: is the file of standard output"),
    ] as [(String, Int32, String)])
  func refusals(options: String, status: Int32, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      _ = try bash("cusp-data make digits d.npz --limit 64 --quiet", folder: folder)
      let before = try bytes("d.npz", in: folder)
      let outcome = try bash("cusp-train --quiet --limit 64 --epochs 1 \(options)", folder: folder)
      #expect(outcome.status == status)
      #expect(outcome.errors.hasPrefix("cusp-train: \(message)"), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(try bytes("d.npz", in: folder) == before && !names(folder).contains("m.h5"))
    }
  }

  @Test("A stream that a stopped run and the next wrote is read as that of one run, by every program")
  func stream() throws {
    try Fixture.withTemporaryFolder { parent in
      let command = "\(recipe) --save-every 1 --keep 2 --resume-or-begin m.h5 >> run.ndjson"
      for folder in ["whole", "stopped"] { _ = try bash("mkdir \(folder)", folder: parent) }
      #expect(try bash(command, folder: "\(parent)/whole").status == 0)
      try stop(command, when: "m.h5", in: "\(parent)/stopped")
      #expect(try bash(command, folder: "\(parent)/stopped").status == 0)
      #expect(try epochs("run.ndjson", in: "\(parent)/stopped") == epochs("run.ndjson", in: "\(parent)/whole"))
      #expect(try epochs("run.ndjson", in: "\(parent)/whole").count == 4)
      let outcome = try bash(
        """
        for folder in whole stopped; do (
          cd $folder
          grep '"type":"checkpoint"' run.ndjson | grep -o '"digest":"[^"]*"' > ../$folder.digests
          cusp-plot training --as svg --output ../$folder.svg run.ndjson
          cusp-evaluate --quiet --limit 20 m.h5 > scores.ndjson
          cusp-summarise run.ndjson scores.ndjson > ../$folder.summary
          cusp-report --output ../$folder.html run.ndjson scores.ndjson
        ); done
        cmp whole.digests stopped.digests && cmp whole.svg stopped.svg && cmp whole.summary stopped.summary &&
          grep -c '4 of 4 epochs' whole.html stopped.html
        """, folder: parent)
      #expect(outcome.status == 0, "\(outcome.errors)\(outcome.text)")
      let stream = try String(contentsOfFile: "\(parent)/stopped/run.ndjson", encoding: .utf8)
      #expect(RecordSchemas.problems(inOutput: stream) == [])
    }
  }

  @Test("An epoch whose model could not be saved is not told, so that the next run tells it for the first time")
  func fullDisk() throws {
    try Fixture.withTemporaryFolder { folder in
      let command = "cusp-train --quiet --limit 64 --threads 1 --epochs 3 --keep 1 --resume-or-begin m.h5"
      #expect(try bash("\(command) > whole && mv m-epoch1.h5 m.h5", folder: folder).status == 0)
      // Files may have 64 KiB at most, which is less than the model has.
      let full = try bash("(trap '' XFSZ; ulimit -f 64; \(command)) | cat > run", folder: folder)
      #expect(full.status == 74)
      #expect(try bash("\(command) >> run", folder: folder).status == 0)
      #expect(try epochs("run", in: folder) == epochs("whole", in: folder).suffix(2))
    }
  }
}
