import Failures
import HDF5
import Networks
import Tensors

/// The search for the network whose parameters have the names and shapes of a file's tensors.
struct NetworkMatch {
  let graph: NetworkGraph
  let tensors: [StoredTensor?]
  private(set) var notes: [String] = []
  /// The tensors that the network does not have and that are passed over.
  let ignored: [StoredTensor]

  /// The match of `state`, the network's own out of `file`.
  init(_ state: [StoredTensor], in file: TensorFile, description: ModelDescription, request: ModelRequest) throws {
    let search = NetworkSearch(file: file, description: description, request: request)
    let (best, parts) = try search.best(of: state)
    do {
      try best.check()
    } catch let failure as Failure {
      let hint = search.isGiven ? "" : "no architecture fits, the nearest is \(best.graph.definition.architecture): "
      throw Failure(.data, "\(file.path): \(hint)\(failure.message)")
    }
    tensors = best.graph.parameters.map { best.tensors[$0.path] }
    let channels = best.graph.definition.imageShape[0]
    let outside = Normaliser.all(in: best.part.others, channels: channels)
    var definition = best.graph.definition
    let normalisers = best.leftOut.normalisers + outside
    var found: String?
    if request.preprocessing == nil, definition.preprocessing == .none, let first = normalisers.first {
      definition.preprocessing = try first.preprocessing(in: file, channels: channels)
      found = "\(printable(first.mean.name)) and \(printable(first.deviation.name))"
      for other in normalisers.dropFirst() {
        if try other.preprocessing(in: file, channels: channels) == definition.preprocessing { continue }
        let names = "\(printable(first.mean.name)) and \(printable(other.mean.name))"
        throw Failure(
          .data, "\(file.path): normalises pixels in two ways, by \(names); --normalise gives the right one")
      }
    }
    graph = try NetworkGraph(definition)
    ignored = best.leftOut.all + best.part.others
    try addNotes(of: best, among: parts, in: file)
    addNotes(description, request, normaliser: found)
    if NumberedTensors(state) != nil {
      notes.append("its numbered arrays were taken in the order of the parameters of \(definition.architecture)")
    }
    addLeftOut(best, used: found == nil ? [] : normalisers.flatMap { [$0.mean, $0.deviation] })
  }

  /// What is said of the dictionary and the part of it that the network was found in.
  private mutating func addNotes(of best: Candidate, among parts: [NetworkPart], in file: TensorFile) throws {
    let twins = parts.filter { $0.prefix != best.part.prefix && $0.hasShapes(of: best.part) }
    if let member = twins.first(where: { $0.isMember(with: best.part) && !$0.hasElements(of: best.part) }) {
      throw Failure(
        .data,
        "\(file.path): holds several networks alike, \(printable(best.part.prefix)) and \(printable(member.prefix)): "
          + "--prefix takes one")
    }
    guard !best.part.others.isEmpty else { return }
    let others = twins.filter { !$0.hasElements(of: best.part) }.map { printable($0.prefix) }
    let choice = others.isEmpty ? "" : "; --prefix takes another: \(others.joined(separator: ", "))"
    notes.append("the network is what lies below \(printable(best.part.prefix))\(choice)")
  }

  private mutating func addNotes(_ description: ModelDescription, _ request: ModelRequest, normaliser: String?) {
    let definition = graph.definition
    if description.definition == nil, request.definition == nil {
      let classes = "\(definition.classCount) classes"
      notes.insert(
        "recognised as \(definition.architecture), images \(Shape(definition.imageShape)), \(classes)", at: 0)
      if let twin = Architecture.twins[definition.architecture], request.architecture == nil {
        notes.append("its tensors may be those of \(twin) as well, which computes something else; --arch takes that")
      }
    }
    if let normaliser {
      let values = (definition.preprocessing.mean + definition.preprocessing.standardDeviation).map { "\($0)" }
      notes.append("\(normaliser) became the preprocessing, as --normalise \(values.joined(separator: ","))")
    } else if description.definition == nil, request.definition == nil, request.preprocessing == nil {
      notes.append("the file has no preprocessing, so pixels of 0...1 are taken as they are; --normalise adds one")
    }
    let (unused, modules) = (definition.unusedParameters.count, Candidate.unusedModules(of: definition.architecture))
    if unused > 0, !modules.isEmpty, description.definition == nil {
      let names = modules.joined(separator: " and ")
      notes.append("keeps \(unused) tensors of \(names), which the published code makes and never uses")
    }
    addElements()
    let lacking = tensors.count { $0 == nil }
    if lacking > 0 { notes.append("the file lacks \(lacking) num_batches_tracked, which are set to 0") }
  }

  /// What is said of numbers that are no 32-bit floats.
  private mutating func addElements() {
    for element in ElementType.allCases where element != .float32 && element.isFloatingPoint {
      let count = tensors.count { $0?.element == element }
      guard count > 0 else { continue }
      let what = "\(count) \(count == 1 ? "tensor" : "tensors") of \(element.rawValue)"
      notes.append(element == .float64 ? "\(what) are rounded to float32" : "\(what) are widened to float32, exactly")
    }
  }

  /// What is said of tensors that are not the network's; a normaliser that is `used` was told.
  private mutating func addLeftOut(_ best: Candidate, used: [StoredTensor]) {
    if let change = best.change {
      notes.append("\(change), which follows from images of \(Shape(graph.definition.imageShape))")
    }
    let told = Set(used.map(\.name))
    let others = ignored.filter { !told.contains($0.name) }
    guard !others.isEmpty else { return }
    let names = others.prefix(5).map { printable($0.name) }.joined(separator: ", ") + (others.count > 5 ? ", ..." : "")
    notes.append("left out \(others.count) \(others.count == 1 ? "tensor" : "tensors") beside the network's: \(names)")
  }
}
