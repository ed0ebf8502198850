import Failures
import HDF5
import Networks
import Tensors

/// The search for the network whose parameters have the names and shapes of a file's tensors.
struct NetworkMatch {
  private(set) var graph: NetworkGraph
  private(set) var tensors: [StoredTensor?]
  private(set) var notes: [String] = []

  /// The match of `tensors`, the network's own out of `file`.
  init(
    _ tensors: [StoredTensor], in file: TensorFile, description: ModelDescription, request: ModelRequest
  ) throws {
    var best: Candidate?
    var isKnown = false
    for names in Self.namings(of: tensors) where best?.faults != 0 {
      for sizes in try Self.definitions(for: names, description, request) where best?.faults != 0 {
        isKnown = true
        guard let found = Candidate.best(of: sizes, names), found.isBetter(than: best) else { continue }
        best = found
      }
    }
    if best == nil, isKnown { throw Failure(.data, "\(file.path): no architecture has images like that") }
    let isGiven = request.isNamed || description.definition != nil
    guard let best, isGiven || best.isNear else { throw Self.unknown(tensors, in: file) }
    do {
      try best.check()
    } catch let failure as Failure {
      let hint = isGiven ? "" : "no architecture fits, the nearest is \(best.graph.definition.architecture): "
      throw Failure(.data, "\(file.path): \(hint)\(failure.message)")
    }
    graph = best.graph
    self.tensors = graph.parameters.map { best.tensors[$0.path] }
    addNotes(description, request)
  }

  /// What is said of tensors that are of no network known here.
  private static func unknown(_ tensors: [StoredTensor], in file: TensorFile) -> Failure {
    let names = [tensors.first, tensors.count > 1 ? tensors.last : nil].compactMap { $0 }.map { printable($0.name) }
    let elements = tensors.reduce(0) { $0 + $1.shape.count }
    let found = "\(tensors.count) \(tensors.count == 1 ? "tensor" : "tensors") of \(elements) elements"
    return Failure(
      .data,
      "\(file.path): its \(found), \(names.joined(separator: " to ")), fit no architecture; "
        + "cusp-convert --arch takes a name or a file with a definition")
  }

  /// The tensors by name: as they are, and without a first component that all names share.
  private static func namings(of tensors: [StoredTensor]) -> [[ParameterPath: StoredTensor]] {
    func byName(_ dropping: Int) -> [ParameterPath: StoredTensor] {
      Dictionary(
        tensors.map { (ParameterPath(String($0.name.dropFirst(dropping))), $0) },
        uniquingKeysWith: { first, _ in first })
    }
    guard let first = tensors.first, let dot = first.name.firstIndex(of: "."), tensors.count > 1 else {
      return [byName(0)]
    }
    let prefix = first.name[...dot]
    return tensors.allSatisfy { $0.name.hasPrefix(prefix) } ? [byName(0), byName(prefix.count)] : [byName(0)]
  }

  /// The definitions that may fit: for each architecture those of all image sizes, the most likely first.
  private static func definitions(
    for tensors: [ParameterPath: StoredTensor], _ description: ModelDescription, _ request: ModelRequest
  ) throws -> [[NetworkDefinition]] {
    let given = request.definition ?? (request.architecture == nil ? description.definition : nil)
    if var definition = given {
      if let shape = request.imageShape { definition.imageShape = shape }
      if let preprocessing = request.preprocessing {
        definition.preprocessing = preprocessing.spread(over: definition.imageShape)
      }
      return [[definition]]
    }
    let preprocessing = request.preprocessing ?? description.definition?.preprocessing ?? .none
    let architectures = request.architecture.map { [$0] } ?? Architecture.allCases + wideResNet(tensors)
    return architectures.compactMap { architecture in
      let facts = SizeFacts(architecture, tensors)
      if request.architecture == nil, !facts.hasWeights { return nil }
      return facts.imageShapes(request.imageShape).map {
        architecture.definition(
          imageShape: $0, classCount: facts.classCount, preprocessing: preprocessing.spread(over: $0))
      }
    }
  }

  /// The wide ResNet whose depth and width are those of `tensors`; none if they are of no such network.
  private static func wideResNet(_ tensors: [ParameterPath: StoredTensor]) -> [Architecture] {
    func weight(_ block: Int) -> StoredTensor? { tensors[ParameterPath("block1.layer.\(block).conv1.weight")] }
    guard let width = weight(0)?.shape.sizes.first else { return [] }
    let count = (1...1000).first { weight($0) == nil } ?? 0
    return Architecture(rawValue: "wrn-\(6 * count + 4)-\(width / 16)").map { [$0] } ?? []
  }

  private mutating func addNotes(_ description: ModelDescription, _ request: ModelRequest) {
    let definition = graph.definition
    if description.definition == nil, request.definition == nil {
      let classes = "\(definition.classCount) classes"
      notes.append("recognised as \(definition.architecture), images \(Shape(definition.imageShape)), \(classes)")
      if request.preprocessing == nil {
        notes.append("the file has no preprocessing, so pixels of 0...1 are taken as they are; --normalise adds one")
      }
    }
    let (unused, modules) = (definition.unusedParameters.count, Candidate.unusedModules(of: definition.architecture))
    if unused > 0, !modules.isEmpty, description.definition == nil {
      let names = modules.joined(separator: " and ")
      notes.append("keeps \(unused) tensors of \(names), which the published code makes and never uses")
    }
    let rounded = tensors.count { $0?.element == .float64 }
    if rounded > 0 { notes.append("\(rounded) tensors of float64 are rounded to float32") }
    let lacking = tensors.count { $0 == nil }
    if lacking > 0 { notes.append("the file lacks \(lacking) num_batches_tracked, which are set to 0") }
  }
}

/// A definition held against a file's tensors.
private struct Candidate {
  let graph: NetworkGraph
  let tensors: [ParameterPath: StoredTensor]
  /// How many tensors are missing, unexpected or of another shape.
  let faults: Int
  /// Which share of all elements, of the network's or of the file's if these are more, has the right names and shapes.
  private let share: Double

  /// Whether the differences tell more than that there are some.
  var isNear: Bool { faults == 0 || share > 0.9 }

  /// Nil for a definition that is no network, as when its images are too small.
  init?(_ definition: NetworkDefinition, _ tensors: [ParameterPath: StoredTensor]) {
    guard let graph = try? NetworkGraph(Self.keepingUnused(of: tensors, in: definition)) else { return nil }
    (self.graph, self.tensors) = (graph, tensors)
    let expected = graph.parameters
    let fitting = expected.count { tensors[$0.path]?.shape == $0.shape }
    let optional = expected.count { $0.role == .counter && tensors[$0.path] == nil }
    let known = expected.count { tensors[$0.path] != nil }
    faults = expected.count - fitting - optional + tensors.count - known
    let fittingElements = expected.reduce(0) { $0 + (tensors[$1.path]?.shape == $1.shape ? $1.shape.count : 0) }
    let elements = max(expected.reduce(0) { $0 + $1.shape.count }, tensors.values.reduce(0) { $0 + $1.shape.count })
    share = Double(fittingElements) / Double(max(elements, 1))
  }

  /// `definition` with those of `tensors` that the published code makes and never uses: a file may have them or not.
  private static func keepingUnused(
    of tensors: [ParameterPath: StoredTensor], in definition: NetworkDefinition
  ) -> NetworkDefinition {
    let modules = unusedModules(of: definition.architecture)
    guard !modules.isEmpty else { return definition }
    var kept = definition
    kept.unusedParameters = tensors.filter { tensor in modules.contains { tensor.key.text.hasPrefix("\($0).") } }
      .map { UnusedParameter(name: $0.key.text, shape: $0.value.shape.sizes) }.sorted { $0.name < $1.name }
    return kept
  }

  /// The modules that the published code of `architecture` makes and never uses.
  static func unusedModules(of architecture: String) -> [String] {
    if architecture.hasPrefix("wrn-") { return ["sub_block1"] }
    return architecture == "efficientnet-b0" ? ["layers.0.conv1", "layers.0.bn1"] : []
  }

  /// Whether it fits, or fits more than `other`.
  func isBetter(than other: Candidate?) -> Bool {
    guard let other else { return true }
    if faults == 0 || other.faults == 0 { return other.faults > 0 }
    return (share, -faults) > (other.share, -other.faults)
  }

  /// The best of one architecture's `definitions`; those after the first are tried only where shapes alone do not fit.
  static func best(
    of definitions: [NetworkDefinition], _ tensors: [ParameterPath: StoredTensor]
  ) -> Candidate? {
    var best: Candidate?
    for definition in definitions {
      guard let candidate = Candidate(definition, tensors), candidate.isBetter(than: best) else { continue }
      best = candidate
      if candidate.faults == 0 || !candidate.hasRightNames { break }
    }
    return best
  }

  private var hasRightNames: Bool {
    tensors.count <= graph.parameters.count
      && graph.parameters.allSatisfy { $0.role == .counter || tensors[$0.path] != nil }
  }

  /// Refuses what does not fit; a counter of batches may be missing, as in files before PyTorch 0.4.1.
  func check() throws {
    var shapes = tensors.mapValues(\.shape)
    for spec in graph.parameters where spec.role == .counter && shapes[spec.path] == nil {
      shapes[spec.path] = spec.shape
    }
    try graph.checkParameters(shapes)
  }
}

/// What a file's tensors say about the sizes of an architecture's images and classes.
private struct SizeFacts {
  let classCount: Int
  /// Whether the tensors have the name of any of the architecture's weights.
  let hasWeights: Bool
  private let channels: Int
  private let architecture: Architecture

  init(_ architecture: Architecture, _ tensors: [ParameterPath: StoredTensor]) {
    self.architecture = architecture
    let nodes = architecture.definition().nodes
    let weights = nodes.compactMap { tensors[ParameterPath(node: $0.name, "weight")]?.shape }.filter { $0.rank >= 2 }
    hasWeights = !weights.isEmpty
    channels = weights.first.flatMap { $0.rank >= 4 ? $0[1] : nil } ?? architecture.imageShape[0]
    classCount = weights.last.flatMap { $0[0] >= 2 ? $0[0] : nil } ?? 10
  }

  /// The image sizes to try: the one asked for, else the architecture's own and the usual ones.
  func imageShapes(_ asked: [Int]?) -> [[Int]] {
    if let asked { return [asked] }
    let own = architecture.imageShape
    let usual =
      channels == own[0] ? [own[1], 28, 32, 64, 96, 224] : [channels == 1 ? 28 : 32, own[1], 28, 32, 64, 96, 224]
    return usual.map { [channels, $0, $0] }
  }
}

extension Preprocessing {
  /// The same for every channel of an image `[c, h, w]`, where only one is given.
  fileprivate func spread(over imageShape: [Int]) -> Preprocessing {
    guard mean.count == 1, standardDeviation.count == 1, let channels = imageShape.first, (1...64).contains(channels)
    else {
      return self
    }
    return Preprocessing(
      mean: [Float](repeating: mean[0], count: channels),
      standardDeviation: [Float](repeating: standardDeviation[0], count: channels))
  }
}
