public import Attacks
public import Checkpoints
public import Datasets
import Failures
public import Files
public import Interchange
public import Networks
public import Programs
public import Records
import Tensors

/// A model read from a file, ready to be compiled.
public struct LoadedModel {
  /// What the file it was read from is called.
  public let path: String
  /// The SHA-256 of its definition and tensors.
  public var digest: String { checkpoint.digest }
  /// The data set it was trained on, as `--data` takes it.
  public let data: String
  /// What the file holds.
  public let checkpoint: Checkpoint
  /// The network, checked.
  public let graph: NetworkGraph
  /// How many channels its images have.
  public var channels: Int { graph.imageShape[0] }
  /// What a person should know of how the network was found in a file of another tool, one line each.
  public let notes: [String]
  /// The paths of the files that it was read from: several where it lies in shards.
  public let paths: [String]
  /// Which file it is in, how it was trained and by which seed, for records; nil where nobody says.
  public var origin: (path: String?, method: String?, seed: String?) {
    let configuration = (try? JSON(parsing: checkpoint.documents.configuration)) ?? .null
    let method = configuration["method"]?.string ?? (configuration["curriculum"] == nil ? nil : "curriculum")
    return (path == "stdin" ? nil : path, method, configuration["seed"]?.string)
  }
  /// How many bytes its tensors take.
  public var byteCount: Int { checkpoint.parameters.tensors.reduce(0) { $0 + 4 * $1.shape.count } }
  private let backend: any Backend

  /// The model in the file `input`, of any format, as `request` has it; `data` in place of the data set that the file names.
  ///
  /// - Throws: `Failure` when there is none, a damaged one, one of no network known, or one with numbers that are not finite,
  ///   unless it `allowsNonFinite`.
  public init(
    reading input: InputFile, _ request: ModelRequest = ModelRequest(), data: String? = nil,
    allowsNonFinite: Bool = false, on backend: any Backend
  ) throws {
    path = input.name
    (checkpoint, notes, paths) = try Self.read(input, request)
    if !allowsNonFinite { try checkpoint.requireFinite(path, advice: "--allow-non-finite takes such a model") }
    graph = try NetworkGraph(checkpoint.definition)
    self.data = data ?? (try? JSON(parsing: checkpoint.documents.configuration))?["data"]?.string ?? "digits"
    self.backend = backend
  }

  /// What the file `input` holds, what a person should know of it, and the files that it lies in.
  static func read(
    _ input: InputFile, _ request: ModelRequest
  ) throws -> (Checkpoint, notes: [String], paths: [String]) {
    func found(in file: TensorFile) throws -> (Checkpoint, notes: [String], paths: [String]) {
      let (checkpoint, notes) = try file.checkpoint(request)
      return (checkpoint, notes, file.paths)
    }
    guard request == ModelRequest(), try FileKind(contentOf: ByteSource(input)) == .hdf5 else {
      return try found(in: TensorFile(input))
    }
    do {
      return (try Checkpoint(reading: input), [], [input.name])
    } catch let failure as Failure where failure.kind == .data {
      guard let file = try? TensorFile(input), !file.isCheckpoint else { throw failure }
      return try found(in: file)
    }
  }

  /// A scheduler of its attacks: with as many lanes as there are threads, or one on all threads for a model so large that
  /// few images take less time than fetching its weights twice.
  ///
  /// - Parameters:
  ///   - withGradients: Whether attacks ask for gradients.
  ///   - width: How many images a lane asks about at once; nil for the programs' own batch.
  ///   - lookUp: Called before every forward pass with gradients; what it throws ends the attack.
  /// - Throws: `Failure` when the engine refuses.
  func scheduler(withGradients: Bool, width: Int?, lookUp: @escaping () throws -> Void) throws -> AttackScheduler {
    let count = byteCount > Self.lanedBytes ? 1 : backend.laneCount
    let lane = count > 1 ? backend.single : backend
    let lanes = try (0..<count).map { _ in
      let inference = try InferenceProgram(graph, parameters: checkpoint.parameters, on: lane)
      let inputGradient =
        withGradients ? try InputGradientProgram(graph, parameters: checkpoint.parameters, on: lane) : nil
      return try AttackLane(
        model: inputGradient.map { WatchedNetwork($0, lookUp: lookUp) }, classifier: inference)
    }
    return try AttackScheduler(lanes, width: width, spread: backend.spread)
  }

  /// A perturbation for all images, learnt from `images` in `steps` passes, as an attack of records.
  ///
  /// - Throws: `Failure` where the settings mean nothing, the images are none for the model or the engine fails.
  public func universalAttack(
    norm: Norm, epsilon: ExactNumber, steps: Int, from images: LabeledImages, lookUp: @escaping () throws -> Void
  ) throws -> NamedAttack {
    try check(images)
    let first = images.indices.lowerBound
    let attack = try UniversalPerturbation.learnt(
      norm: norm, epsilon: Float(epsilon.value), steps: steps, on: WatchedNetwork(inputGradient(), lookUp: lookUp),
      labels: images.indices.map(images.label(of:)), pixels: { images.writePixels(of: first + $0, into: $1) })
    return NamedAttack(name: "universal", epsilon: epsilon.value, attack: attack)
  }

  /// Compiles it to answer with logits, and with gradients where these are asked for.
  ///
  /// - Throws: `Failure` when the engine refuses.
  func network(withGradients: Bool) throws -> any Classifier {
    if withGradients { return try inputGradient() }
    return try inference()
  }

  /// How many bytes the tensors of a model with several lanes take at most: they stay in a core's own cache.
  private static let lanedBytes = 4 << 20

  /// Compiles it to answer with logits.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func inference() throws -> InferenceProgram {
    try InferenceProgram(graph, parameters: checkpoint.parameters, on: backend)
  }

  /// Compiles it to answer for whole batches by their own statistics.
  ///
  /// - Throws: `Failure` when the engine refuses.
  func batchStatistics(batchSize: Int) throws -> BatchStatisticsProgram {
    try BatchStatisticsProgram(graph, parameters: checkpoint.parameters, batchSize: batchSize, on: backend)
  }

  /// Compiles it to answer with gradients with respect to the pixels.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func inputGradient() throws -> InputGradientProgram {
    try InputGradientProgram(graph, parameters: checkpoint.parameters, on: backend)
  }
}
