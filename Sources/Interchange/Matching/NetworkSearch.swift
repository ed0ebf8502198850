import Failures
import HDF5
import Networks
import Tensors

/// Where a network is looked for: in which parts of a file's tensors, and which definitions may fit.
struct NetworkSearch {
  let file: TensorFile
  let description: ModelDescription
  let request: ModelRequest

  /// Whether somebody says which network it is.
  var isGiven: Bool { request.isNamed || description.definition != nil }

  /// The best match in `state`, and the parts of it that it was chosen of: the largest that fits whole,
  /// else what is nearest to all tensors, or nearly all.
  ///
  /// - Throws: `.data` if nothing is near.
  func best(of state: [StoredTensor]) throws -> (Candidate, [NetworkPart]) {
    if let numbered = NumberedTensors(state) {
      let definition = request.definition ?? request.architecture?.definition() ?? description.definition
      guard let named = definition.flatMap(numbered.named) else { throw numbered.refusal(in: file) }
      return try best(of: named)
    }
    let parts = NetworkPart.parts(of: state)
    var best: Candidate?
    var isKnown = false
    for part in parts where best?.faults != 0 {
      for (names, isTheirs) in [(part, false)] + (part.inOurNames.map { [($0, true)] } ?? []) where best?.faults != 0 {
        // Of a smaller part only what fits whole tells anything.
        let mustFit = isTheirs || !part.isMain
        for proposals in proposals(for: names.tensors, needEnds: mustFit) where best?.faults != 0 {
          isKnown = true
          guard let found = Candidate.best(of: proposals, names), found.isBetter(than: best) else { continue }
          if found.faults == 0 || !mustFit { best = found }
        }
      }
    }
    if best == nil, isKnown { throw Failure(.data, "\(file.path): no architecture has images like that") }
    guard let best, isGiven || best.isNear else { throw unknown(state) }
    return (best, parts)
  }

  /// What is said of tensors that are of no network known here.
  private func unknown(_ tensors: [StoredTensor]) -> Failure {
    let names = [tensors.first, tensors.count > 1 ? tensors.last : nil].compactMap { $0 }.map { printable($0.name) }
    let elements = tensors.reduce(0) { $0 + $1.shape.count }
    let found = "\(tensors.count) \(tensors.count == 1 ? "tensor" : "tensors") of \(elements) elements"
    if let shard = ShardName(path: file.path) {
      return Failure(
        .data,
        "\(file.path): shard \(shard.number) of \(shard.count), which holds but \(tensors.count) tensors of the network; "
          + "give \(shard.index), which names all of them")
    }
    // PyTorch's files hold no graph, but PyTorch can write one.
    let export = "; torch.onnx.export(model, (images,), \"model.onnx\") in Python writes it with its network"
    return Failure(
      .data,
      "\(file.path): its \(found), \(names.joined(separator: " to ")), fit no architecture; "
        + "--arch takes a name or a file with a definition\(file.format == .pytorch ? export : "")")
  }

  /// The definitions that may fit: for each architecture those of all image sizes, the most likely first.
  private func proposals(for tensors: [ParameterPath: StoredTensor], needEnds: Bool) -> [[Proposal]] {
    if let given = request.definition ?? (request.architecture == nil ? description.definition : nil) {
      var definition = given
      if request.takesOtherClasses, let head = given.head,
        let count = tensors[ParameterPath(node: head, "weight")]?.shape.sizes.first,
        let other = given.classifying(count)
      {
        definition = other
      }
      if let shape = request.imageShape { definition.imageShape = shape }
      if let preprocessing = request.preprocessing {
        definition.preprocessing = preprocessing.spread(over: definition.imageShape)
      }
      return [padded([Proposal(definition: definition)], usual: given.imageShape)]
    }
    let preprocessing = request.preprocessing ?? description.definition?.preprocessing ?? .none
    let architectures = request.architecture.map { [$0] } ?? Architecture.allCases + wideResNet(tensors)
    return architectures.compactMap { architecture in
      let facts = SizeFacts(architecture, tensors)
      if needEnds && !facts.hasEnds || request.architecture == nil && !facts.hasWeights { return nil }
      let plain = facts.imageShapes(request.imageShape).map {
        Proposal(
          definition: architecture.definition(
            imageShape: $0, classCount: facts.classCount, preprocessing: preprocessing.spread(over: $0)))
      }
      return padded(plain, usual: architecture.imageShape)
    }
  }

  /// `plain`, and other paddings of it where somebody asks for images of other sizes than the `usual`.
  private func padded(_ plain: [Proposal], usual: [Int]) -> [Proposal] {
    guard request.imageShape != nil else { return plain }
    return plain
      + plain.flatMap { PaddingFit.variants(of: $0.definition, usual: usual) }.map {
        Proposal(definition: $0.definition, change: $0.change)
      }
  }

  /// The wide ResNet whose depth and width are those of `tensors`; none if they are of no such network.
  private func wideResNet(_ tensors: [ParameterPath: StoredTensor]) -> [Architecture] {
    func weight(_ block: Int) -> StoredTensor? { tensors[ParameterPath("block1.layer.\(block).conv1.weight")] }
    guard let width = weight(0)?.shape.sizes.first else { return [] }
    let count = (1...1000).first { weight($0) == nil } ?? 0
    return Architecture(rawValue: "wrn-\(6 * count + 4)-\(width / 16)").map { [$0] } ?? []
  }
}
