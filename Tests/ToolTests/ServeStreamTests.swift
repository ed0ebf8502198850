import Foundation
import Records
import TestSupport
import Testing

/// `cusp-serve` with requests of all kinds at once, beside the programs that do one thing each.
@Suite struct ServeStreamTests {
  private func run(_ tool: String, _ arguments: String, text: String = "") throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    let words = arguments.split(separator: " ").map(String.init)
    return try BuiltTool(tool).run([model, "--quiet"] + words, text: text)
  }

  /// What is asked of every image.
  private enum Kind: String, CaseIterable {
    case predict, weak, strong, transform, predictTurned, attackTurned

    func request(_ index: Int) -> String {
      let (image, id) = (#""image":{"data":"digits","index":\#(index)}"#, #""id":"\#(rawValue) \#(index)""#)
      let turn = #""transform":{"rotation":30,"translation":1,"seed":3}"#
      return switch self {
      case .predict: #"{\#(id),"op":"predict",\#(image)}"#
      case .weak: #"{\#(id),"op":"attack",\#(image),"attack":{"epsilon":"1/10","steps":3}}"#
      case .strong: #"{\#(id),"op":"attack",\#(image),"attack":{"epsilon":"2/10","steps":3}}"#
      case .transform: #"{\#(id),"op":"transform",\#(image),\#(turn)}"#
      case .predictTurned: #"{\#(id),"op":"predict",\#(image),\#(turn)}"#
      case .attackTurned: #"{\#(id),"op":"attack",\#(image),\#(turn),"attack":{"epsilon":0.1,"steps":3,"seed":3}}"#
      }
    }
  }

  private func requests(_ count: Int) -> String {
    (0..<count).flatMap { index in Kind.allCases.map { $0.request(index) } }.joined(separator: "\n")
  }

  @Test("Of 900 interleaved requests every reply is what cusp-attack and cusp-evaluate record, byte for byte")
  func mixed() throws {
    let outcome = try run("cusp-serve", "", text: requests(150))
    #expect(outcome.problems.isEmpty)
    let replies = try outcome.records().dropFirst()
    #expect(replies.count == 900)
    func compare(
      _ kind: Kind, _ tool: String, _ arguments: String, _ keys: [(reply: String, record: String)]
    ) throws {
      let program = try run(tool, "\(arguments) --limit 150")
      #expect(program.problems.isEmpty)
      let records = try program.records()
      let own = replies.filter { $0["id"]?.string?.hasPrefix("\(kind.rawValue) ") == true }
      #expect(own.count == 150 && records.count == 150)
      for (reply, record) in zip(own, records) {
        for key in keys {
          #expect(reply[key.reply] != nil && reply[key.reply]?.text == record[key.record]?.text, "\(kind): \(key)")
        }
      }
    }
    let attacked = ["index", "label", "natural", "perturbed", "distance"].map { ($0, $0) }
    try compare(.predict, "cusp-attack", "--epsilon 0 --logits", [("logits", "logits"), ("predicted", "natural")])
    try compare(.weak, "cusp-attack", "--epsilon 0.1 --steps 3", attacked)
    try compare(.strong, "cusp-evaluate", "--predictions --epsilon 0.2 --steps 3", attacked)
    let turned = "--rotation 30 --translation 1 --seed 3"
    try compare(.transform, "cusp-attack", "--spatial \(turned)", [("index", "index"), ("pose", "pose")])
    try compare(
      .predictTurned, "cusp-attack", "--spatial --logits \(turned)",
      [("pose", "pose"), ("logits", "logits"), ("predicted", "perturbed")])
    try compare(
      .attackTurned, "cusp-attack", "--epsilon 0.1 --steps 3 \(turned)", attacked + [("pose", "pose")])
  }

  @Test(
    "Replies are the same bytes, whatever is computed together and whenever requests come",
    arguments: ["--batch-size 1", "--batch-size 7", "--max-delay 20", "--unordered", "--unordered --max-delay 20"])
  func grouping(options: String) throws {
    func lines(_ outcome: BuiltTool.Outcome) -> [Substring] {
      outcome.text.split(separator: "\n").dropFirst() + []
    }
    let expected = lines(try run("cusp-serve", "", text: requests(12)))
    #expect(expected.count == 72)
    let found = lines(try run("cusp-serve", options, text: requests(12)))
    #expect(options.contains("unordered") ? found.sorted() == expected.sorted() : found == expected)
    try Fixture.withTemporaryFolder { folder in
      try Data("\(requests(12))\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/requests"))
      let model = try TrainedModel.digits.get().path
      // One write a line, each as the one before may be under way.
      let slowly = try bash(
        "while read -r line; do echo \"$line\"; done < requests | cusp-serve --quiet \(model) \(options)",
        folder: folder)
      #expect(lines(slowly).sorted() == expected.sorted())
    }
  }

  // MARK: - The process

  /// An attack of so many steps, a prediction and a description as shell variables, and what waits for lines in `out`.
  private static let setUp = """
    image='"image":{"data":"digits","index":0}'
    attack() { echo '{"id":"a","op":"attack",'$image',"attack":{"steps":'$1'}}'; }
    predict='{"id":"p","op":"predict",'$image'}'
    describe='{"id":"d","op":"describe"}'
    until_lines() { until [ $(wc -l < out) -ge $1 ]; do sleep 0.02; done; }
    outcomes() { sed 1d out | tr -d '"' | cut -d, -f1,3,4 | sort; }

    """

  private func shell(_ script: String) throws -> BuiltTool.Outcome {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      // The file is there before anybody counts its lines.
      return try bash(
        "\(Self.setUp)mkfifo in; touch out\nserve() { exec cusp-serve \(model) --quiet \"$@\"; }\n\(script)",
        folder: folder)
    }
  }

  @Test("An attack under way is cancelled, and what waited after it is answered")
  func cancelled() throws {
    let outcome = try shell(
      """
      serve --unordered < in > out & exec 3> in
      (attack 10000; echo "$describe") >&3; until_lines 2
      (echo "$predict"; echo '{"id":"c","op":"cancel","cancel":"a"}') >&3; exec 3>&-
      wait $!; echo "status $?"; outcomes
      """)
    #expect(
      outcome.text == """
        status 0
        {type:error,code:cancelled,message:cancelled by line 4
        {type:reply,id:c,op:cancel
        {type:reply,id:d,op:describe
        {type:reply,id:p,op:predict

        """)
    #expect(outcome.errors.isEmpty)
  }

  @Test(
    "SIGTERM during an attack is the end of the input: all that was read is answered", arguments: ["", "--unordered"])
  func termination(option: String) throws {
    let outcome = try shell(
      """
      serve \(option) < in > out & exec 3> in
      printf '%s\\n' "$describe" "$(attack 300)" "$predict" >&3; until_lines 2
      kill -TERM $!; wait $!; echo "status $?"; outcomes
      """)
    #expect(
      outcome.text == "status 0\n"
        + ["a,op:attack", "d,op:describe", "p,op:predict"].map { "{type:reply,id:\($0)\n" }.joined())
  }

  @Test("A reader that leaves while an attack is under way ends the service", arguments: ["", "trap '' PIPE; "])
  func brokenPipe(preparation: String) throws {
    let outcome = try shell(
      preparation + """
        (attack 10000; echo "$describe"; until [ -e gone ]; do sleep 0.02; done; echo "$describe") |
          serve --unordered | (head -n 2 | wc -l; exec < /dev/null; touch gone)
        echo ${PIPESTATUS[1]}
        """)
    #expect(outcome.text == "2\n141\n")
    #expect(outcome.errors.isEmpty)
  }

  @Test("At the end of the input all is answered, a last line without its end, too")
  func end() throws {
    let outcome = try shell("(attack 3; echo \"$describe\"; printf %s \"$predict\") | serve > out; outcomes")
    #expect(
      outcome.text == ["a,op:attack", "d,op:describe", "p,op:predict"].map { "{type:reply,id:\($0)\n" }.joined())
  }

  @Test(
    "Standard input that cannot be read is 74, after the first record",
    arguments: [("<&-", "Bad file descriptor"), ("< /", "Is a directory")])
  func unreadable(redirection: String, words: String) throws {
    let outcome = try shell("serve \(redirection)")
    #expect(outcome.status == 74)
    #expect(outcome.errors == "cusp-serve: stdin: \(words)\n")
    #expect(try outcome.records().map { $0["type"]?.string } == ["ready"])
  }
}
