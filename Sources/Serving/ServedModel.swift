import Checkpoints
public import Evaluation
public import Networks
import Records
import Tensors
import ToolSupport

/// What the service says of its model.
public struct ModelFacts: Equatable, Sendable {
  /// The SHA-256 of its definition and tensors.
  public var digest: String
  /// The name of its architecture.
  public var architecture: String
  /// How many classes it tells apart.
  public var classCount: Int
  /// Their names in the order of the logits; empty if nobody gave them.
  public var classNames: [String]
  /// One image's shape, `[c, h, w]`.
  public var imageShape: [Int]
  /// The data set it was trained on.
  public var data: String
  /// How many numbers training changes.
  public var parameterCount: Int
  /// The multiply-adds of one image's forward pass.
  public var multiplyAdds: Int
  /// Epochs of training behind it.
  public var epoch: Int

  /// The name of the class `label`, if it has one.
  func className(_ label: Int) -> String? { classNames.indices.contains(label) ? classNames[label] : nil }
}

/// A model as the service uses it: the facts, and the two programs that answer.
public struct ServedModel {
  /// What it is.
  public let facts: ModelFacts
  /// Who answers with logits.
  let classifier: any Classifier
  /// Makes who answers with gradients, when an attack is first asked for.
  let makeGradient: () throws -> any DifferentiableClassifier

  /// The model of `facts`, answered for by these.
  public init(
    _ facts: ModelFacts, classifier: any Classifier, makeGradient: @escaping () throws -> any DifferentiableClassifier
  ) {
    (self.facts, self.classifier, self.makeGradient) = (facts, classifier, makeGradient)
  }

  /// A model read from a file, compiled.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public init(_ model: LoadedModel) throws {
    let checkpoint = model.checkpoint
    let facts = ModelFacts(
      digest: model.digest, architecture: checkpoint.definition.architecture, classCount: model.graph.classCount,
      classNames: checkpoint.classNames, imageShape: model.graph.imageShape.sizes, data: model.data,
      parameterCount: checkpoint.parameters.trainableCount, multiplyAdds: model.graph.multiplyAdds,
      epoch: checkpoint.progress.epoch)
    self.init(facts, classifier: try model.inference(), makeGradient: { try model.inputGradient() })
  }
}

/// What bounds the service's memory and time.
public struct ServiceLimits: Equatable, Sendable {
  /// The longest line, in bytes.
  public var lineLength = LineReader.defaultMaximalLength
  /// The most requests that are taken together; the program's own batch unless less is asked for.
  public var batchSize: Int?
  /// The most requests that are read before the first of them is answered; four of the program's batches unless given.
  public var waiting: Int?
  /// The most bytes of their lines and images; a line that begins below is still read.
  public var waitingBytes = 256 << 20
  /// How long a request waits for others to fill its batch.
  public var maximalDelay: Duration = .zero
  /// The most steps an attack may take, those of all restarts together.
  public var attackSteps = 10_000

  /// Room for images of 224x224x3 floats.
  public init() {}
}

// MARK: - As records

extension ModelFacts {
  /// Writes the first record of the service.
  func writeReady(_ limits: ServiceLimits, into writer: inout RecordWriter) {
    writer.begin("ready")
    writer.write("version", toolVersion)
    write(limits, into: &writer)
    writer.end()
  }

  /// Writes the members that `ready` and the reply to `describe` share.
  func write(_ limits: ServiceLimits, into writer: inout RecordWriter) {
    writer.write("model", digest)
    writer.write("architecture", architecture)
    writer.write("class_count", classCount)
    writer.write("classes", .array(classNames.map { .string($0) }))
    writer.write("shape", .array(imageShape.map { .integer(Int64($0)) }))
    writer.write("ops", .array(Request.Operation.allCases.map { .string($0.rawValue) }))
    writer.beginObject("limits")
    writer.write("line", limits.lineLength)
    if let batchSize = limits.batchSize { writer.write("batch", batchSize) }
    if let waiting = limits.waiting { writer.write("waiting", waiting) }
    writer.write("attack_steps", limits.attackSteps)
    writer.endObject()
  }

  /// Writes what `describe` tells beyond that.
  func writeDetails(into writer: inout RecordWriter) {
    writer.write("data", data)
    writer.write("epoch", epoch)
    writer.write("parameters", parameterCount)
    writer.write("multiply_adds", multiplyAdds)
  }
}
