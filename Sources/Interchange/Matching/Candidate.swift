import Networks
import Tensors

/// A definition held against a part of a file's tensors.
struct Candidate {
  let graph: NetworkGraph
  let part: NetworkPart
  /// What was changed of the architecture so that it fits; nil for nothing.
  let change: String?
  /// The tensors that the network has, with those that make it a bad match.
  let tensors: [ParameterPath: StoredTensor]
  /// What is left out of the part, as nothing that the network computes with.
  let leftOut: LeftOut
  /// How many tensors are missing, unexpected or of another shape.
  let faults: Int
  /// Which share of all elements, of the network's or of the file's if these are more, has the right names and shapes.
  private let share: Double

  /// Whether the differences tell more than that there are some.
  var isNear: Bool { faults == 0 || share > 0.9 }

  /// Nil for a definition that is no network, as when its images are too small.
  init?(_ definition: NetworkDefinition, _ part: NetworkPart, change: String? = nil) {
    guard let graph = try? NetworkGraph(Self.keepingUnused(of: part.tensors, in: definition)) else { return nil }
    (self.graph, self.part, self.change) = (graph, part, change)
    let expected = graph.parameters
    let paths = Set(expected.map(\.path))
    leftOut = LeftOut(of: part, keeping: paths, channels: definition.imageShape.first ?? 0)
    let names = Set(leftOut.all.map(\.name))
    let tensors = part.tensors.filter { paths.contains($0.key) || !names.contains($0.value.name) }
    self.tensors = tensors
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

  /// The best match among definitions of one architecture. The names are the same at every image size, so the search ends
  /// at the first size if they differ.
  static func best(of proposals: [Proposal], _ part: NetworkPart) -> Candidate? {
    var best: Candidate?
    for proposal in proposals {
      guard let candidate = Candidate(proposal.definition, part, change: proposal.change),
        candidate.isBetter(than: best)
      else { continue }
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

/// A definition that may fit, and what was changed of its architecture.
struct Proposal {
  let definition: NetworkDefinition
  var change: String?
}

/// The tensors of a part that its network does not have and that are passed over.
struct LeftOut {
  /// Those by which pixels are normalised.
  let normalisers: [Normaliser]
  /// Single numbers, and other names of tensors that the network has.
  let others: [StoredTensor]

  /// All of them.
  var all: [StoredTensor] { normalisers.flatMap { [$0.mean, $0.deviation] } + others }

  /// What may be left out of `part`, whose network has the parameters `kept` and images of `channels` channels.
  init(of part: NetworkPart, keeping kept: Set<ParameterPath>, channels: Int) {
    let spare = part.tensors.filter { !kept.contains($0.key) }.sorted { $0.key < $1.key }
    let found = Normaliser.all(in: spare.map(\.value), channels: channels)
    normalisers = found
    let taken = Set(found.flatMap { [$0.mean, $0.deviation] }.map(\.name))
    let own = Set(part.tensors.filter { kept.contains($0.key) }.compactMap(\.value.elements))
    others = spare.map(\.value).filter { tensor in
      !taken.contains(tensor.name) && (tensor.shape.rank == 0 || tensor.elements.map(own.contains) == true)
    }
  }
}
