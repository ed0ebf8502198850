import Checkpoints
import Failures
import Foundation
import HDF5
import Networks
import Tensors
import TestSupport
import Testing

/// The network that `fixtures/make/checkpoint.py` writes out by hand.
let tinyDefinition = NetworkDefinition(
  architecture: "tiny", imageShape: [1, 4, 4], classCount: 3,
  preprocessing: Preprocessing(mean: [0.5], standardDeviation: [0.25]),
  nodes: [
    Node(
      name: "features.0", inputs: ["input"],
      layer: .convolution(Convolution(outputChannels: 2, kernelSize: 3, padding: 1, bias: false))),
    Node(
      name: "features.1", inputs: ["features.0"],
      layer: .batchNormalization(BatchNormalization(epsilon: 0x1p-10, momentum: 0.125))),
    Node(name: "relu", inputs: ["features.1"], layer: .relu),
    Node(name: "flatten", inputs: ["relu"], layer: .flatten),
    Node(name: "classifier", inputs: ["flatten"], layer: .dense(Dense(outputs: 3, initialWeights: .zero))),
  ])

/// The checkpoint that `fixtures/make/checkpoint.py` makes.
func tinyCheckpoint() throws -> Checkpoint {
  let kinds: [String: FormulaWeights.Kind] = [
    "features.0.weight": .weight, "features.1.weight": .normWeight, "features.1.bias": .normBias,
    "features.1.running_mean": .runningMean, "features.1.running_var": .runningVariance,
    "features.1.num_batches_tracked": .bias, "classifier.weight": .weight, "classifier.bias": .bias,
  ]
  let parameters = try Parameters(of: NetworkGraph(tinyDefinition)) { spec in
    let kind = try #require(kinds[spec.path.text])
    return Tensor(spec.shape, FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: kind))
  }
  return try Checkpoint(
    definition: tinyDefinition, parameters: parameters, classNames: ["cat", "dog", "bird"],
    optimizer: ["momentum.classifier.bias": Tensor([3], [0.5, -1, 2])],
    progress: Checkpoint.Progress(epoch: 3, step: 17, sums: ["loss": 0.1]),
    documents: Checkpoint.Documents(configuration: #"{"seed":"7"}"#, provenance: #"{"author":"caf\u00e9"}"#))
}

func expectEqual(_ left: Checkpoint, _ right: Checkpoint) {
  #expect(left.definition == right.definition)
  #expect(left.parameters == right.parameters)
  #expect(left.digest == right.digest)
  #expect(left.classNames == right.classNames)
  #expect(left.optimizer == right.optimizer)
  #expect(left.progress == right.progress)
  #expect(left.documents == right.documents)
}

@Suite("Checkpoints")
struct CheckpointTests {
  @Test("More class names than an attribute holds are refused by the name of the file that was asked for")
  func tooManyNames() throws {
    try Fixture.withTemporaryFolder { folder in
      let whole = try tinyCheckpoint()
      let message = "names.h5: 4001 class names, but a checkpoint holds 4000; leave them out"
      #expect(throws: Failure(.data, message)) {
        let writer = try CheckpointWriter(path: "\(folder)/temporary", named: "names.h5")
        _ = try writer.finish(
          definition: whole.definition, classNames: (0...4000).map { "\($0)" }, progress: whole.progress,
          documents: whole.documents)
      }
    }
  }

  @Test("A checkpoint that is written tensor by tensor is byte for byte the one that is written whole")
  func tensorByTensor() throws {
    try Fixture.withTemporaryFolder { folder in
      let whole = try tinyCheckpoint()
      try whole.write(to: "\(folder)/whole.h5")
      var writer = try CheckpointWriter(path: "\(folder)/parts.h5", named: "parts")
      for (spec, tensor) in zip(whole.parameters.specs, whole.parameters.tensors) { try writer.add(spec.path, tensor) }
      for (name, tensor) in whole.optimizer { try writer.add(optimizer: name, tensor) }
      let digest = try writer.finish(
        definition: whole.definition, classNames: whole.classNames, progress: whole.progress,
        documents: whole.documents)
      #expect(digest == whole.digest)
      let files = try ["whole", "parts"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).h5")) }
      #expect(files[0] == files[1])
      expectEqual(try Checkpoint(reading: "\(folder)/parts.h5"), whole)
    }
  }

  /// Printed by `fixtures/make/checkpoint.py`.
  static let digest = "52e02285757397ddae2f1be0e605000d3965a03e14ea241bd3811c77f5160d9a"

  @Test("a checkpoint written by h5py from the format's page is read, and its digest is ours")
  func fromThePage() throws {
    let read = try Checkpoint(reading: Fixture.path("checkpoints/tiny.h5"))
    #expect(read.digest == Self.digest)
    expectEqual(read, try tinyCheckpoint())
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    try Fixture.withTemporaryFolder { folder in
      var checkpoint = try tinyCheckpoint()
      checkpoint.progress.sums = ["loss": 0x1.fffffffffffffp-3, "a/b": -.infinity]
      checkpoint.optimizer["scale"] = Tensor([], [0x1p-149])
      checkpoint.classNames = []
      try checkpoint.write(to: "\(folder)/a.h5")
      expectEqual(try Checkpoint(reading: "\(folder)/a.h5"), checkpoint)
    }
  }

  @Test("the same content makes the same bytes, whatever the path, the time and how often it was saved")
  func sameBytes() throws {
    try Fixture.withTemporaryFolder { folder in
      try tinyCheckpoint().write(to: "\(folder)/a.h5")
      Thread.sleep(forTimeInterval: 1.1)
      try tinyCheckpoint().write(to: "\(folder)/another name.h5")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.h5"))
      #expect(bytes == (try Data(contentsOf: URL(fileURLWithPath: "\(folder)/another name.h5"))))
      try Checkpoint(reading: "\(folder)/a.h5").write(to: "\(folder)/a.h5")
      #expect(bytes == (try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.h5"))))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2, "nothing is left beside")
    }
  }

  @Test("the digest depends on definition and parameters, and on nothing else")
  func digest() throws {
    var other = try tinyCheckpoint()
    other.progress.epoch = 99
    other.classNames = []
    #expect(other.digest == Self.digest)
    var parameters = other.parameters
    parameters["classifier.bias"].values[2] += 0x1p-20
    #expect(try Checkpoint(definition: tinyDefinition, parameters: parameters).digest != Self.digest)
    var definition = tinyDefinition
    definition.preprocessing = .none
    #expect(try Checkpoint(definition: definition, parameters: other.parameters).digest != Self.digest)
  }

  @Test("the summary says the same as the checkpoint")
  func summary() throws {
    let summary = try Checkpoint.summary(path: Fixture.path("checkpoints/tiny.h5"))
    let checkpoint = try tinyCheckpoint()
    #expect(summary.definition == checkpoint.definition)
    #expect(summary.digest == Self.digest)
    #expect(summary.classNames == checkpoint.classNames)
    #expect(summary.parameters.map(\.name) == checkpoint.parameters.specs.map(\.path.text))
    #expect(summary.parameters.map(\.shape) == checkpoint.parameters.specs.map(\.shape))
    #expect(summary.optimizer.map(\.name) == ["momentum.classifier.bias"])
    #expect(summary.progress == checkpoint.progress)
    #expect(summary.documents == checkpoint.documents)
  }

  @Test("Keras and Netron find the layers and weights in the network's order")
  func weightNames() throws {
    try Fixture.withTemporaryFolder { folder in
      try tinyCheckpoint().write(to: "\(folder)/a.h5")
      let listing = try HDF5Listing(path: "\(folder)/a.h5")
      let layers = ["parameters/features/0", "parameters/features/1", "parameters/classifier"]
      #expect(listing.attributes(of: "/")["layer_names"] == .strings(layers))
      #expect(
        listing.attributes(of: "/parameters/features/1")["weight_names"]
          == .strings(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]))
      #expect(listing.dataset("/parameters/features/0/weight")?.shape == [2, 1, 3, 3])
    }
  }

  @Test("documents and names beyond ASCII survive as escapes of the same text")
  func beyondASCII() throws {
    try Fixture.withTemporaryFolder { folder in
      var checkpoint = try tinyCheckpoint()
      checkpoint.documents.history = "[\"caf\u{e9} \u{1F600}\"]"
      checkpoint.classNames = ["caf\u{e9}", "", "b"]
      try checkpoint.write(to: "\(folder)/a.h5")
      let read = try Checkpoint(reading: "\(folder)/a.h5")
      #expect(read.documents.history == "[\"caf\\u00e9 \\ud83d\\ude00\"]")
      #expect(read.classNames == checkpoint.classNames)
    }
  }

  @Test("every architecture goes through a file", arguments: [Architecture.digitsCNN, .leNet, .resnet18])
  func architectures(architecture: Architecture) throws {
    let definition = architecture.definition()
    let parameters = Parameters(initializing: try NetworkGraph(definition), seed: 1)
    let checkpoint = try Checkpoint(definition: definition, parameters: parameters)
    try Fixture.withTemporaryFolder { folder in
      try checkpoint.write(to: "\(folder)/a.h5")
      expectEqual(try Checkpoint(reading: "\(folder)/a.h5"), checkpoint)
    }
  }
}
