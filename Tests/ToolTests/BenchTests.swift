import Records
import TestSupport
import Testing

/// `cusp-bench` on small networks: what it writes, never how fast it was.
@Suite struct BenchTests {
  private let tool = BuiltTool("cusp-bench")

  @Test("Architectures and programs come in the order given, as records that the schema allows")
  func records() throws {
    let outcome = try tool.run([
      "digits-cnn", "small-cnn", "--program", "training", "--program", "inference", "--batch", "4", "--threads", "1",
      "--repeats", "1",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty || outcome.errors.contains("without oneDNN"))
    #expect(RecordSchemas.problems(inOutput: outcome.text).isEmpty)
    let records = try outcome.output.split(separator: 0x0A).map { line in
      try BenchmarkRecord(json: JSON(parsing: Array(line)))
    }
    #expect(records.map(\.architecture) == ["digits-cnn", "digits-cnn", "small-cnn", "small-cnn"])
    #expect(records.map(\.program) == [.training, .inference, .training, .inference])
    #expect(records.allSatisfy { $0.batch == 4 && $0.threads == 1 && $0.repeats == 1 && $0.images == 4 })
    #expect(records.allSatisfy { $0.peakResidentBytes > 1 << 20 })
  }

  @Test("Without choices it times the input gradient of a batch of attacks")
  func defaults() throws {
    let outcome = try tool.run(["digits-cnn", "--repeats", "1", "--quiet"])
    let record = try BenchmarkRecord(json: JSON(parsing: Array(outcome.output)))
    #expect(record.program == .inputGradient)
    #expect(record.batch == 32)
    #expect(record.images == 32)
  }

  @Test(
    "With --layers every step of the network follows its program, and shares add up to 1",
    arguments: ["inference", "input-gradient", "training"])
  func layers(program: String) throws {
    let outcome = try tool.run(
      ["digits-cnn", "--program", program, "--batch", "4", "--repeats", "1", "--layers", "--quiet"])
    #expect(outcome.status == 0)
    #expect(RecordSchemas.problems(inOutput: outcome.text).isEmpty)
    let lines = try outcome.output.split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    #expect(lines.first?["type"]?.string == BenchmarkRecord.type)
    let steps = try lines.dropFirst().map { try BenchmarkStepRecord(json: $0) }
    #expect(steps.map(\.position) == Array(1...steps.count))
    #expect(abs(steps.reduce(0) { $0 + $1.share } - 1) < 1e-9)
    let products = steps.filter { $0.gigaflopsPerSecond != nil }
    let forward = products.filter { $0.pass == "forward" }
    #expect(forward.map(\.step) == ["conv1", "conv2", "fc1", "fc2"])
    #expect(forward.map(\.operation) == ["convolution", "convolution", "dense", "dense"])
    // Four images of 8x8, nine weights and a bias in each of conv1's filters, or more where an engine pads.
    let bytes = try #require(forward.first).bytes
    if let bytes { #expect(bytes >= 4 * (4 * 8 * 8 + 9)) }
    #expect(products.allSatisfy { $0.roofShare.map { $0 > 0 } ?? false })
    let backward = Set(products.filter { $0.pass.hasPrefix("backward") }.map(\.step))
    #expect(backward == (program == "inference" ? [] : ["conv1", "conv2", "fc1", "fc2"]))
  }

  @Test("An epoch is eight batches, or as many whole ones as the images fill", arguments: [(nil, 32), (11, 8)])
  func epochs(images: Int?, counted: Int) throws {
    let more = images.map { ["--images", "\($0)"] } ?? []
    let outcome = try tool.run(
      ["digits-cnn", "--program", "attack-epoch", "--batch", "4", "--repeats", "1", "--quiet"] + more)
    let record = try BenchmarkRecord(json: JSON(parsing: Array(outcome.output)))
    #expect(record.images == counted)
  }

  @Test(
    "A wrong command line is one line and 64",
    arguments: [
      ([], "Missing expected argument '<architecture> ...'"),
      (["vgg17"], "The value 'vgg17' is invalid for '<architecture>'"),
      (["vgg16", "--program", "backward"], "The value 'backward' is invalid for '--program <program>'"),
      (
        ["vgg16", "--layers", "--program", "attack-epoch"],
        "--layers: an attack-epoch has none of its own: take input-gradient and training"
      ),
      (["vgg16", "--batch", "0"], "--batch 0: give 1 to 4096"),
      (["vgg16", "--batch", "4097"], "--batch 4097: give 1 to 4096"),
      (["vgg16", "--threads", "0"], "--threads 0: give 1 to 1024"),
      (["vgg16", "--repeats", "0"], "--repeats 0: give 1 to 10000"),
      (["vgg16", "--images", "0"], "--images 0: give 1 to 100000"),
      (["vgg16", "--program", "training", "--batch", "1"], "--batch 1: norms need two images or more in training"),
      (
        ["digits-cnn", "--program", "attack-epoch", "--images", "127"],
        "127 images do not fill a batch of 128: give more, or a smaller batch"
      ),
    ] as [([String], String)])
  func usage(arguments: [String], message: String) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("cusp-bench: \(message)"), "\(outcome.errors)")
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }
}
