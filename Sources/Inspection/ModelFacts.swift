internal import Checkpoints
internal import Interchange
internal import Networks
internal import Records

/// What a model file says of itself beside its tensors.
///
/// Facts come in documents, since files of other formats say less: a document is compared where both files have it.
struct ModelFacts {
  /// Facts by name, in order, under the name of their document.
  private(set) var documents: [(name: String, facts: [JSON.Member])] = []

  /// What `model` says.
  ///
  /// - Throws: `.data` if one of its documents is not JSON.
  init(_ model: OpenedModel) throws {
    guard let graph = model.graph else { return }
    try addNetwork(graph.definition)
    // What was recognised says nothing about pixels.
    guard let definition = model.description.definition else { return }
    func list(_ numbers: [Float]) -> JSON { .array(numbers.map { .number(Double("\($0)") ?? 0) }) }
    add(
      "input",
      [
        .init("input", .array(definition.imageShape.map { .integer(Int64($0)) })),
        .init("preprocessing.mean", list(definition.preprocessing.mean)),
        .init("preprocessing.standard_deviation", list(definition.preprocessing.standardDeviation)),
      ])
    let names = model.description.classNames
    if !names.isEmpty { add("class names", [.init("class_names", .array(names.map(JSON.string)))]) }
    guard let configuration = try model.document(\.configuration, "configuration") else { return }
    let progress = model.description.progress
    let settings = (configuration.members ?? []).map { JSON.Member("configuration.\($0.key)", $0.value) }
    let done: [JSON.Member] = [
      .init("epoch", .integer(Int64(progress.epoch))), .init("step", .integer(Int64(progress.step))),
    ]
    add("training", settings + done)
  }

  private mutating func addNetwork(_ definition: NetworkDefinition) throws {
    let json = try JSON(parsing: definitionJSON(definition))
    let layers = (json["nodes"]?.array ?? []).map { node in
      JSON.Member("layer \(node["name"]?.string ?? "")", .object((node.members ?? []).filter { $0.key != "name" }))
    }
    add(
      "network",
      [
        .init("architecture", .string(definition.architecture)),
        .init("classes", .integer(Int64(definition.classCount))),
      ] + layers)
  }

  private mutating func add(_ name: String, _ facts: [JSON.Member]) { documents.append((name, facts)) }

  /// The facts of documents that both have and that are not the same, in order; one that is missing is `null`.
  func differences(from other: ModelFacts) -> [DifferenceRecord.Fact] {
    documents.flatMap { document -> [DifferenceRecord.Fact] in
      guard let others = other.documents.first(where: { $0.name == document.name })?.facts else { return [] }
      let mine = Dictionary(document.facts.map { ($0.key, $0.value) }) { first, _ in first }
      let theirs = Dictionary(others.map { ($0.key, $0.value) }) { first, _ in first }
      let names = document.facts.map(\.key) + others.map(\.key).filter { mine[$0] == nil }
      return names.compactMap { name in
        let values = DifferenceRecord.Pair(mine[name] ?? .null, theirs[name] ?? .null)
        return values.first == values.second ? nil : DifferenceRecord.Fact(name: name, values: values)
      }
    }
  }
}
