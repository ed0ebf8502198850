import Foundation
import Records
import TestSupport
import Testing

/// `cusp-serve` as a process, beside `cusp-attack` on the same model of the built-in digits.
@Suite struct ServeTests {
  private let tool = BuiltTool("cusp-serve")

  /// A model of the digits after one epoch: good enough to be right, weak enough to be fooled.
  private static let model = Result {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try BuiltTool("cusp-train").run(["--epochs", "1", "--output", "\(folder)/n.h5", "--quiet"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/n.h5"))
    }
  }

  /// Calls `body` with the path of a file with the model.
  private func withModel<Value>(_ body: (String) throws -> Value) throws -> Value {
    try Fixture.withTemporaryFolder { folder in
      try Self.model.get().write(to: URL(fileURLWithPath: "\(folder)/n.h5"))
      return try body("\(folder)/n.h5")
    }
  }

  /// The records in `output`.
  private func records(_ outcome: BuiltTool.Outcome) throws -> [JSON] {
    try outcome.output.split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
  }

  private func request(_ number: Int) -> String {
    #"{"id":\#(number),"op":"attack","image":{"data":"digits","index":\#(number)},"attack":{"steps":5}}"#
  }

  /// Ten lines that are wrong in ten ways.
  private static let broken = [
    "{", "[]", #"{"id":1000,"op":"paint"}"#, #"{"id":1000,"op":"attack"}"#,
    #"{"id":1000,"op":"attack","image":{"shape":[1,4,4],"u8":"AAAA"}}"#,
    #"{"id":1000,"op":"attack","image":{"shape":[1,8,8],"u8":"not base64"}}"#,
    #"{"id":1000,"op":"predict","image":{"shape":[1,8,8],"values":[2]}}"#,
    #"{"id":1000,"op":"attack","image":{"data":"nothing","index":0}}"#,
    #"{"id":1000,"op":"attack","image":{"data":"digits","index":0},"label":10}"#,
    #"{"id":1000,"op":"attack","image":{"data":"digits","index":0},"attack":{"norm":"l7"}}"#,
  ]

  @Test("Of 200 requests, ten of them broken, 190 replies are what cusp-attack says and ten are error records")
  func acceptance() throws {
    try withModel { model in
      let attack = try BuiltTool("cusp-attack").run([model, "--pgd", "--steps", "5", "--limit", "190", "--logits"])
      let expected = try records(attack)
      try #require(expected.count == 190)
      var lines = (0..<190).map(request)
      for (number, line) in Self.broken.enumerated() { lines.insert(line, at: 20 * number + 3) }
      let outcome = try tool.run([model], text: lines.joined(separator: "\n"))
      #expect(outcome.status == 0)
      #expect(outcome.errors.hasSuffix("cusp-serve: 190 replies, 10 errors\n"))
      #expect(RecordSchemas.problems(inOutput: outcome.text) == [])
      let all = try records(outcome)
      #expect(all[0]["model"] == expected[0]["model"])
      let answers = all.dropFirst()
      #expect(answers.count == 200)
      let errors = answers.enumerated().filter { $0.element["type"]?.string == "error" }
      #expect(errors.map(\.offset) == (0..<10).map { 20 * $0 + 3 })
      #expect(errors.prefix(2).map { $0.element["line"]?.integer } == [4, 24])
      #expect(errors.dropFirst(2).allSatisfy { $0.element["id"] == .integer(1000) })
      let replies = answers.filter { $0["type"]?.string == "reply" }
      #expect(replies.map { $0["id"]?.integer } == Array(0..<190))
      for (reply, record) in zip(replies, expected) {
        for key in ["index", "label", "natural", "perturbed", "distance", "forwards", "backwards"] {
          #expect(reply[key] == record[key] && record[key] != nil)
        }
      }
      #expect(replies.contains { $0["natural"] != $0["perturbed"] })
    }
  }

  @Test("Perturbed images, sent back, are predicted with the logits that cusp-attack records", arguments: [1, 50])
  func roundTrip(batchSize: Int) throws {
    try withModel { model in
      let attack = try BuiltTool("cusp-attack").run([model, "--pgd", "--steps", "5", "--limit", "40", "--logits"])
      let batch = ["--batch-size", "\(batchSize)", "--quiet"]
      let attacked = try records(tool.run([model] + batch, text: (0..<40).map(request).joined(separator: "\n")))
      let images = attacked.dropFirst().compactMap { $0["image"]?.text }
      let lines = images.map { #"{"op":"predict","image":\#($0)}"# }
      let outcome = try tool.run([model] + batch, text: lines.joined(separator: "\n"))
      #expect(outcome.errors.isEmpty)
      let predicted = try records(outcome).dropFirst()
      let recorded = try records(attack)
      #expect(predicted.map { $0["logits"] } == recorded.map { $0["logits"] })
      #expect(predicted.map { $0["predicted"] } == recorded.map { $0["perturbed"] })
    }
  }

  @Test("The attacks that the service lists are the flags of cusp-attack and its list, and an ensemble")
  func list() throws {
    let reply = try records(tool.run([Fixture.path("checkpoints/tiny.h5")], text: #"{"op":"describe"}"#))[1]
    #expect(RecordSchemas.problems(inRecord: reply.text) == [])
    let attacks = try #require(reply["attacks"]?.array)
    let lines = try BuiltTool("cusp-attack").run(["--list"]).text.split(separator: "\n").dropFirst()
    let help = try BuiltTool("cusp-attack").run(["--help"]).text
    try #require(attacks.count == lines.count && attacks.count >= 15)
    for (attack, line) in zip(attacks, lines) {
      let words = line.split(separator: " ").map(String.init)
      let name = try #require(attack["name"]?.string)
      let norms = try #require(attack["norms"]?.array).compactMap(\.string)
      let (epsilon, needs) = (try #require(attack["epsilon"]?.string), try #require(attack["needs"]?.string))
      #expect(words.starts(with: [name] + norms + [epsilon, needs]))
      #expect(line.hasSuffix(" " + (attack["source"]?.string ?? "?")))
      #expect(help.contains("--\(name)"))
      for setting in try #require(attack["settings"]?.array) {
        let option = "--" + (setting["name"]?.string ?? "?").replacingOccurrences(of: "_", with: "-")
        #expect(option == "--members" || (words.contains(option) && help.contains(option)), "\(name) \(option)")
      }
    }
  }

  // MARK: - The process

  /// Runs `script` in a folder with the model `n.h5`, a pipe `in` and the file `request` with one line.
  private func shell(_ script: String) throws -> BuiltTool.Outcome {
    let pixels = Data(repeating: 9, count: 64).base64EncodedString()
    let request = #"{"op":"predict","image":{"shape":[1,8,8],"u8":"\#(pixels)"}}"#
    return try Fixture.withTemporaryFolder { folder in
      try Self.model.get().write(to: URL(fileURLWithPath: "\(folder)/n.h5"))
      try Data("\(request)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/request"))
      let path = "\(BuiltTool.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
      return try BuiltTool(path: "/bin/bash").run(
        ["-c", "mkfifo in; until_lines() { until [ $(wc -l < out) -ge $1 ]; do sleep 0.02; done; }\n\(script)"],
        environment: ["PATH": path], folder: folder)
    }
  }

  @Test(
    "Thousands of requests have a reply each, and memory does not grow with them",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
  func memory() throws {
    let outcome = try shell(
      """
      cusp-serve n.h5 --quiet < in > out & exec 3> in
      say() { yes "$(cat request)" | head -n $1 >&3; }
      say 1000; until_lines 1001; grep VmHWM /proc/$!/status
      say 4000; until_lines 5001; grep VmHWM /proc/$!/status
      exec 3>&-; wait $!; echo "status $?"; sed 1d out | cut -d, -f1,4 | sort | uniq -c
      """)
    let words = outcome.text.split(separator: "\n").map {
      $0.split(separator: " ").flatMap { $0.split(separator: "\t") }
    }
    try #require(words.count == 4, "\(outcome.text)\(outcome.errors)")
    #expect(words[2] == ["status", "0"])
    #expect(words[3] == ["5000", #"{"type":"reply","op":"predict""#])
    let (first, last) = (try #require(Int(words[0][1])), try #require(Int(words[1][1])))
    #expect(last - first < 4096, "from \(first) to \(last) kB")
  }

  @Test("SIGTERM is the end of the input: what was read is answered, and the status is 0")
  func termination() throws {
    let outcome = try shell(
      """
      cusp-serve n.h5 < in > out & exec 3> in
      cat request request >&3; until_lines 3
      (cat request; printf '{"id":') >&3; until_lines 4
      kill -TERM $!; wait $!; echo "status $?"; sed 1d out | cut -d, -f1
      """)
    #expect(
      outcome.text == "status 0\n" + String(repeating: "{\"type\":\"reply\"\n", count: 3) + "{\"type\":\"error\"\n")
    #expect(outcome.errors.hasSuffix("cusp-serve: 3 replies, 1 errors\n"))
  }

  @Test(
    "SIGTERM before the first request ends it, too, and SIGINT ends it at once", arguments: [("TERM", 0), ("INT", 130)])
  func signals(name: String, status: Int) throws {
    // Bash lets its background jobs ignore SIGINT unless job control is on.
    let outcome = try shell(
      "set -m; cusp-serve n.h5 --quiet < in > out & exec 3> in; until_lines 1; kill -\(name) $!; wait $!; echo $?; wc -l < out"
    )
    #expect(outcome.text == "\(status)\n1\n")
  }

  @Test("When the reader of the replies has gone it ends quietly", arguments: ["", "trap '' PIPE; "])
  func brokenPipe(preparation: String) throws {
    let outcome = try shell(
      preparation + "yes \"$(cat request)\" | cusp-serve n.h5 --quiet | head -n 3 | wc -l; echo ${PIPESTATUS[1]}")
    #expect(outcome.text == "3\n141\n")
    #expect(outcome.errors.isEmpty || !preparation.isEmpty)
  }

  @Test("A wrong command line, a missing model and what is none")
  func refusals() throws {
    for arguments in [
      [], ["a", "b"], ["n.h5", "--batch-size", "0"], ["n.h5", "--max-line", "0"], ["n.h5", "--max-delay", "x"],
      ["n.h5", "--max-delay", "3600001"],
    ] {
      let outcome = try tool.run(arguments)
      #expect(outcome.status == 64)
      #expect(outcome.output.isEmpty)
    }
    let missing = try tool.run(["/nowhere/n.h5"])
    #expect(missing.status == 66)
    #expect(missing.errors.hasSuffix("cusp-serve: /nowhere/n.h5: no such file; check the path\n"))
    #expect(try tool.run([Fixture.path("service/answers.ndjson")]).status == 65)
  }

  @Test("Without any request there is the first record alone")
  func nothing() throws {
    let outcome = try shell("cusp-serve n.h5 < /dev/null | wc -l; echo ${PIPESTATUS[0]}")
    #expect(outcome.text == "1\n0\n")
  }
}
