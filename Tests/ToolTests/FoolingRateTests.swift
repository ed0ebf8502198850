import Archives
import Foundation
import Records
import TestSupport
import Testing

@Suite struct FoolingRateTests {
  private let tool = BuiltTool("cusp-fooling-rate")

  private func prediction(index: Int, attack: String = "pgd", natural: Int = 0, perturbed: Int = 1) -> PredictionRecord
  {
    let setting = Setting(model: "m", attack: attack, norm: "linf", epsilon: 8.0 / 255)
    return PredictionRecord(
      setting: setting, index: index, label: 0, natural: natural, perturbed: perturbed, distance: 0.03)
  }

  @Test("Rates equal those of an independent implementation")
  func reference() throws {
    let outcome = try tool.run(input: try Fixture.data("records/predictions.ndjson"))
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(RecordSchemas.problems(inOutput: outcome.text).isEmpty)
    let rates = try outcome.output.split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    let expected = try Fixture.data("records/fooling-rates.ndjson").split(separator: 0x0A)
      .map { try JSON(parsing: Array($0)) }
    #expect(rates.count == expected.count)
    for (rate, reference) in zip(rates, expected) {
      #expect(rate.members?.map(\.key) == reference.members?.map(\.key))
      for member in reference.members ?? [] where member.key != "interval" {
        #expect(rate[member.key]?.number == member.value.number && rate[member.key]?.string == member.value.string)
      }
      for (bound, other) in zip(rate["interval"]?.array ?? [], reference["interval"]?.array ?? []) {
        #expect(abs((bound.number ?? .nan) - (other.number ?? .nan)) < 1e-15)
      }
    }
  }

  @Test("Unknown records pass through untouched, known others are dropped, carriage returns do not matter")
  func passing() throws {
    let unknown = #"{ "type": "future", "n": 1.50 }"#
    let epoch = String(
      decoding: EpochRecord(
        epoch: 1, epochs: 1, learningRate: 1, rotation: 0, translation: 0, epsilon: 0, loss: 1, accuracy: 0,
        imagesPerSecond: 1, seconds: 1
      ).line, as: UTF8.self)
    let record = String(decoding: prediction(index: 0).line, as: UTF8.self)
    let outcome = try tool.run(text: "\(unknown)\r\n\n\(epoch)\(record)")
    #expect(outcome.status == 0)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first.map(String.init) == unknown)
  }

  @Test(
    "Wrong input is one line on standard error and a status",
    arguments: [
      ("", 65, "no prediction records on stdin; see what the program before it said"),
      ("{\"type\":\"future\"}\n", 65, "no prediction records on stdin; see what the program before it said"),
      ("\n\nhello\n", 65, "line 3, column 1: expected a value"),
      ("{\"type\":\"prediction\",\"v\":1,\"model\":1}", 65, "line 1: prediction record: `model` is not text"),
      ("{\"type\":\"prediction\",\"v\":9}", 65, "line 1: prediction record of version 9; this program reads version 1"),
    ] as [(String, Int32, String)])
  func refusals(input: String, status: Int32, message: String) throws {
    let outcome = try tool.run(text: input)
    #expect(outcome.status == status)
    #expect(outcome.errors == "cusp-fooling-rate: \(message)\n")
  }

  @Test("Error records are told, and fail a stream without predictions only")
  func errorRecords() throws {
    let error = String(decoding: ErrorRecord(code: "data", message: "bad image").line, as: UTF8.self)
    let alone = try tool.run(text: error)
    #expect(alone.status == 65)
    #expect(alone.errors.hasPrefix("cusp-fooling-rate: stdin: bad image\ncusp-fooling-rate: no prediction records"))
    let record = String(decoding: prediction(index: 0).line, as: UTF8.self)
    let together = try tool.run(text: error + record)
    #expect(together.status == 0)
    #expect(together.errors == "cusp-fooling-rate: stdin: bad image\n")
  }

  @Test("A table has one row a setting")
  func table() throws {
    let records = (0..<8).flatMap { [prediction(index: $0), prediction(index: $0, attack: "fgsm", perturbed: 0)] }
    let outcome = try tool.run(["--format", "text"], input: records.flatMap(\.line))
    #expect(
      outcome.text == """
        model  attack  norm  epsilon  rotation  translation  images  natural  accuracy   fooled  95 % interval
        m      pgd     linf    8/255         0            0       8  100.0 %     0.0 %  100.0 %  67.6 % to 100.0 %
        m      fgsm    linf    8/255         0            0       8  100.0 %   100.0 %    0.0 %  0.0 % to 32.4 %

        """)
  }

  @Test("Rows that would look alike say what tells them apart")
  func settings() throws {
    func records(_ parameters: String, split: String = "test", count: Int = 8) throws -> [UInt8] {
      try (0..<count).flatMap { index in
        var record = prediction(index: index)
        record.setting.parameters = try JSON(parsing: parameters)
        (record.setting.data, record.setting.split, record.setting.total) = ("digits", split, 8)
        record.hadZeroGradient = index == 0
        return record.line
      }
    }
    let input =
      try records(#"{"steps":2,"loss":"kl"}"#) + records(#"{"steps":100,"loss":"kl"}"#)
      + records(#"{"steps":2,"loss":"kl","target":3}"#, count: 6) + records(#"{"steps":2,"loss":"kl"}"#, split: "train")
    let outcome = try tool.run(["--format", "text"], input: input)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    #expect(lines[0].contains("  translation  settings  ") && lines[0].hasSuffix("  missing  zero gradients"))
    #expect(lines[1].contains("  split test, steps 2  ") && lines[2].contains("  split test, steps 100  "))
    #expect(lines[3].contains("  split test, steps 2, target 3  ") && lines[3].hasSuffix("  2          16.7 %"))
    #expect(lines[4].contains("  split train, steps 2  "))
    #expect(
      outcome.errors == """
        cusp-fooling-rate: images are missing in 1 of 4 settings, 2 of 8; the rates are of the others
        cusp-fooling-rate: the gradient was exactly zero at the first step for 16.7 % of predictions: try --loss margin

        """)
  }

  @Test("A record that comes again counts once, another of its image ends it, and both are told")
  func repetitions() throws {
    let records = (0..<360).map { prediction(index: $0) }
    let lines = records.flatMap(\.line)
    let thrice = try tool.run(input: lines + lines + lines)
    #expect(thrice.status == 0)
    #expect(thrice.errors == "cusp-fooling-rate: 720 records came again, byte for byte: counted once\n")
    #expect(thrice.output == (try tool.run(input: lines).output))
    #expect(try tool.run(["--quiet"], input: lines + lines).errors.isEmpty)
    let mixed = try tool.run(input: lines + prediction(index: 17, perturbed: 2).line)
    #expect(mixed.status == 65)
    #expect(
      mixed.errors
        == "cusp-fooling-rate: line 361: image 17 came before with another answer, under the same settings (pgd, linf, "
        + "epsilon 0.03137254901960784, model m); count each run alone\n")
    #expect(mixed.output.isEmpty)
  }

  @Test("Classes are counted apart where that is asked for, from a stream read fast or not")
  func classes() throws {
    let input = try Fixture.data("records/predictions.ndjson")
    let lines = input.split(separator: 0x0A).map { Array($0) + [0x0A] }
    let apart = try tool.run(["--by-class"], input: input)
    #expect(apart.problems.isEmpty)
    let rates = try apart.records()
    let labels = try Set(lines.compactMap { try JSON(parsing: $0)["label"]?.integer })
    #expect(Set(rates.compactMap { $0["label"]?.integer }) == labels)
    for label in labels.sorted() {
      let own = try lines.filter { try JSON(parsing: $0)["label"]?.integer == label }
      let alone = try tool.run(["--quiet"], input: own.joined()).records()
      let mine = rates.filter { $0["label"]?.integer == label }
      // Settings may come up in another order among the records of one class.
      let keys = ["attack", "epsilon", "count", "fooled", "rate", "interval", "natural_accuracy", "accuracy"]
      let told = [mine, alone].map { rates in Set(rates.map { rate in keys.map { rate[$0] } }) }
      #expect(mine.count == alone.count && told[0] == told[1], "class \(label)")
    }
    let table = try tool.run(["--by-class", "--format", "text"], input: input)
    #expect(table.text.hasPrefix("model") && table.text.split(separator: "\n")[0].contains("  class  images  "))
    #expect(table.errors == (try tool.run(input: input)).errors)
  }

  @Test("Two files of predictions are compared")
  func files() throws {
    try Fixture.withTemporaryFolder { folder in
      func save(_ name: String, _ array: NumPyArray) throws -> String {
        try Data(array.fileBytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return "\(folder)/\(name)"
      }
      let first = try save("a.npy", NumPyArray([1, 2, 3, 4] as [Int64]))
      let second = try save("b.npy", NumPyArray([1, 0, 3, 0] as [Int64]))
      let short = try save("short.npy", NumPyArray([1] as [Int64]))
      let empty = try save("empty.npy", NumPyArray([] as [Int64]))
      let floats = try save("floats.npy", NumPyArray([1, 2, 3, 4] as [Float]))
      let outcome = try tool.run([first, second])
      #expect(outcome.text.hasPrefix(#"{"type":"fooling-rate","v":1,"count":4,"fooled":2,"rate":0.5,"interval":[0.15"#))
      #expect(RecordSchemas.problems(inOutput: outcome.text).isEmpty)
      try check([first, short], 65, "\(short): 1 predictions, but \(first) has 4; compare the same images")
      let choices = "save integers (n,) or (n, 1), or logits (n, k) as floating-point numbers"
      try check([first, floats], 65, "\(floats): <f4 of the shape (4) is no prediction an image; \(choices)")
      try check([empty, empty], 65, "\(empty): no predictions; save at least one")
      #expect(try tool.run([first, "\(folder)/missing.npy"]).status == 66)
      try check([first], 64, "\(first): is a NumPy array (.npy); give two of them, or records alone")
    }
  }

  private func check(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == status)
    #expect(outcome.errors == "cusp-fooling-rate: \(message)\n")
    #expect(outcome.output.isEmpty)
  }
}
