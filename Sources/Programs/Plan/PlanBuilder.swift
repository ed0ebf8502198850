public import Networks
internal import Symmetry
import Tensors

extension Plan {
  /// Compiles `graph` for `purpose`.
  ///
  /// In evaluation a norm folds into the convolution or dense layer before it, a residual sum and an activation into what
  /// computes their input last; dropout disappears. In training norms stay, and an activation joins the step before it.
  ///
  /// A group convolution is a plain one with expanded filters; other layers over a group are plain ones on maps that are
  /// taken together under another shape.
  ///
  /// - Parameter reachesPixels: Whether training goes back to the pixels, too.
  public init(_ graph: NetworkGraph, for purpose: Purpose, batchSize: Int, reachesPixels: Bool = false) {
    var builder = PlanBuilder(graph, evaluation: purpose != .training)
    builder.build()
    let needsGradient = builder.needsGradient(purpose, reachesPixels: reachesPixels)
    self.init(
      purpose: purpose, batchSize: batchSize, values: builder.values,
      steps: builder.drafts.reversed().accumulating(needsGradient), weights: builder.weights,
      needsGradient: needsGradient, logits: builder.logits)
  }
}

/// A step before it is known which gradients accumulate.
struct StepDraft {
  let name: String
  var operation: Operation
  let inputs: [Int]
  var residual: Int?
  var activation: Activation?
  var output = 0
  /// The shape of what the operation writes, where that is not the vertex's own.
  var shape: Shape?
}

/// Walks a graph once and fuses what can be fused.
struct PlanBuilder {
  private let graph: NetworkGraph
  private let evaluation: Bool
  private var consumers: [[Int]]
  /// The value that holds each vertex's output, once a step computes it.
  private var valueOfVertex: [Int?]
  private(set) var values: [Shape]
  private(set) var drafts: [StepDraft] = []
  private(set) var weights: [WeightSource] = []
  private var pixels = Plan.pixels
  private var maskCount = 0
  /// What the selections pick that are not computed, by vertex.
  private var picked: [Int: [Int?]] = [:]

  /// The value that holds the last vertex's output.
  var logits: Int { value(of: graph.vertices.count - 1) }

  init(_ graph: NetworkGraph, evaluation: Bool) {
    self.graph = graph
    self.evaluation = evaluation
    values = [graph.imageShape]
    valueOfVertex = Array(repeating: nil, count: graph.vertices.count)
    consumers = Array(repeating: [], count: graph.vertices.count)
    for (index, vertex) in graph.vertices.enumerated() {
      for case let input? in vertex.inputs { consumers[input].append(index) }
    }
  }

  mutating func build() {
    addPreprocessing()
    for index in graph.vertices.indices where valueOfVertex[index] == nil { add(index) }
  }

  private mutating func addPreprocessing() {
    let preprocessing = graph.definition.preprocessing
    guard !preprocessing.mean.isEmpty else { return }
    let scale = preprocessing.standardDeviation.map { 1 / $0 }
    let shift = zip(preprocessing.mean, scale).map { -$0 * $1 }
    let draft = StepDraft(
      name: "preprocessing", operation: .scaleShift(weights: add(.constant(scale: scale, shift: shift))),
      inputs: [Plan.pixels])
    pixels = append(draft, shape: graph.imageShape)
  }

  /// Adds the step of vertex `index`, taking in what follows it as far as it fuses.
  private mutating func add(_ index: Int) {
    let vertex = graph.vertices[index]
    let inputs = vertex.inputs.map(value(of:))
    var last = index
    guard var draft = draft(vertex, inputs, absorbing: &last) else {
      valueOfVertex[index] = inputs[0]
      return
    }
    if evaluation, case .convolution = draft.operation { absorbResidual(&draft, &last) }
    if draft.fusesActivation, let next = soleConsumer(last),
      case .activation(let activation) = graph.vertices[next].node.layer, activation.slopeFollowsFromValue
    {
      draft.activation = activation
      claim(next, after: &last)
    }
    let shape = graph.vertices[last].outputShape
    let output = reshaped(append(draft, shape: draft.shape ?? shape), to: shape, in: draft.name)
    for vertex in graph.vertices.indices where valueOfVertex[vertex] == claimed { valueOfVertex[vertex] = output }
    valueOfVertex[index] = output
  }

  /// The step of `vertex`, or nil when it only passes its input on.
  private mutating func draft(_ vertex: NetworkGraph.Vertex, _ inputs: [Int], absorbing last: inout Int) -> StepDraft? {
    let name = vertex.node.name
    let operation: Operation
    switch vertex.node.layer {
    case .convolution(let settings):
      operation = .convolution(settings, weights: addAffine(vertex, absorbing: &last))
    case .groupConvolution(let settings):
      operation = .convolution(settings.plain, weights: addAffine(vertex, absorbing: &last))
    case .transposedConvolution(let settings):
      operation = .transposedConvolution(settings, weights: addPlain(vertex, channels: settings.outputChannels))
    case .groupNormalization(let settings):
      operation = imageNorm(vertex, groups: settings.groups, .offset(settings.epsilon))
    case .layerNormalization(let settings):
      operation = imageNorm(vertex, .offset(settings.epsilon), isElementwise: settings.affine)
    case .imageStandardization:
      operation = imageNorm(vertex, .atLeast(1 / Float(vertex.outputShape.count).squareRoot()))
    case .localResponseNormalization(let settings): operation = .localResponseNormalization(settings)
    case .softmax: operation = .softmax
    case .upsampling(let settings): operation = .upsampling(settings)
    case .dense(let settings): operation = .dense(settings, weights: addAffine(vertex, absorbing: &last))
    case .batchNormalization(let settings):
      let weights = add(.norm(NormSource(node: name, settings: settings, mapsPerChannel: 1)))
      operation = evaluation ? .scaleShift(weights: weights) : .batchNormalization(settings, weights: weights)
    case .groupBatchNormalization(let settings, let group): return norm(vertex, settings, group, inputs[0])
    case .groupMaxPooling(let group): return pooling(vertex, Operation.maxPooling, group, inputs[0])
    case .groupAveragePooling(let group): return pooling(vertex, Operation.averagePooling, group, inputs[0])
    case .activation(let activation):
      guard activation.slopeFollowsFromValue else {
        operation = .activation(activation)
        break
      }
      return StepDraft(name: name, operation: .identity, inputs: inputs, activation: activation)
    case .maxPooling(let settings): operation = .maxPooling(PoolingWindow(settings, on: vertex.inputShapes[0]))
    case .averagePooling(let settings):
      operation = .averagePooling(PoolingWindow(settings, on: vertex.inputShapes[0]))
    case .adaptiveAveragePooling(let size):
      operation =
        PoolingWindow(dividing: vertex.inputShapes[0], into: size).map(Operation.averagePooling)
        ?? .adaptiveAveragePooling
    case .channelSlice, .channelShuffle, .channelPermutation, .channelPadding:
      guard let selection = selection(vertex, last) else { return nil }
      operation = selection
    case .scaleShift(let settings): operation = .scaleShift(weights: addConstants(settings, vertex.outputShape[0]))
    case .dropout(let settings):
      if evaluation || settings.rate == 0 { return nil }
      operation = .dropout(settings, mask: maskCount)
      maskCount += 1
    case .flatten:
      if vertex.inputShapes[0].rank == 1 { return nil }
      operation = .reshape
    case .sum: operation = .sum
    case .product: operation = .product
    case .concatenation: operation = .concatenation
    }
    return StepDraft(name: name, operation: operation, inputs: inputs)
  }

  /// What picks the channels of `vertex`, number `index`; nil where it is not computed, since selections alone read it, which
  /// then pick from what it picks from.
  private mutating func selection(_ vertex: NetworkGraph.Vertex, _ index: Int) -> Operation? {
    var channels = vertex.selectedChannels ?? []
    if let earlier = vertex.inputs[0].flatMap({ picked[$0] }) {
      channels = channels.map { $0.flatMap { earlier[$0] } }
    }
    let isOnlyPickedFrom = consumers[index].allSatisfy { graph.vertices[$0].selectedChannels != nil }
    guard isOnlyPickedFrom, !consumers[index].isEmpty else { return .selection(channels: channels) }
    picked[index] = channels
    return nil
  }

  /// Fixed numbers, one for each of `channels`.
  private mutating func addConstants(_ settings: ScaleShift, _ channels: Int) -> Int {
    func each(_ values: [Float]) -> [Float] {
      values.count == channels ? values : Array(repeating: values[0], count: channels)
    }
    return add(.constant(scale: each(settings.scale), shift: each(settings.shift)))
  }

  /// The parameters of `vertex` as they are; 1 and 0 where it has none.
  private mutating func addPlain(_ vertex: NetworkGraph.Vertex, channels: Int) -> Int {
    let paths = vertex.parameters.map(\.path)
    guard let weight = paths.first else {
      return add(.constant(scale: Array(repeating: 1, count: channels), shift: Array(repeating: 0, count: channels)))
    }
    let bias = paths.count > 1 ? paths[1] : nil
    return add(.plain(weight: weight, bias: bias, biasCount: bias == nil ? channels : vertex.parameters[1].shape.count))
  }

  private mutating func addAffine(_ vertex: NetworkGraph.Vertex, absorbing last: inout Int) -> Int {
    var norm: NormSource?
    if evaluation, let next = soleConsumer(last), let source = NormSource(graph.vertices[next].node) {
      norm = source
      claim(next, after: &last)
    }
    let paths = vertex.parameters.map(\.path)
    return add(
      .affine(
        weight: paths[0], bias: paths.count > 1 ? paths[1] : nil, expanding: FilterExpansion(vertex), folding: norm))
  }

  /// A norm of each image by itself.
  private mutating func imageNorm(
    _ vertex: NetworkGraph.Vertex, groups: Int = 1, _ deviation: Deviation, isElementwise: Bool = false
  ) -> Operation {
    let weights = addPlain(vertex, channels: vertex.outputShape[0])
    return .groupNormalization(groups: groups, deviation, isElementwise: isElementwise, weights: weights)
  }

  /// A norm whose channels are `group.order` maps each: in training one on maps laid below each other.
  private mutating func norm(
    _ vertex: NetworkGraph.Vertex, _ settings: BatchNormalization, _ group: SymmetryGroup, _ input: Int
  ) -> StepDraft {
    let name = vertex.node.name
    let weights = add(.norm(NormSource(node: name, settings: settings, mapsPerChannel: group.order)))
    if evaluation { return StepDraft(name: name, operation: .scaleShift(weights: weights), inputs: [input]) }
    let (maps, height, width) = (values[input][0], values[input][1], values[input][2])
    let shape: Shape = [maps / group.order, group.order * height, width]
    return StepDraft(
      name: name, operation: .batchNormalization(settings, weights: weights),
      inputs: [reshaped(input, to: shape, in: name)], shape: shape)
  }

  /// A pooling of the `group.order` maps of every channel: over columns, once every map is laid out as a row.
  private mutating func pooling(
    _ vertex: NetworkGraph.Vertex, _ pooling: (PoolingWindow) -> Operation, _ group: SymmetryGroup, _ input: Int
  ) -> StepDraft {
    let (channels, pixels) = (values[input][0] / group.order, values[input][1] * values[input][2])
    let rows = reshaped(input, to: [channels, group.order, pixels], in: vertex.node.name)
    return StepDraft(
      name: vertex.node.name, operation: pooling(PoolingWindow(columnsOf: group.order)), inputs: [rows],
      shape: [channels, 1, pixels])
  }

  /// Value `index` under another shape.
  private mutating func reshaped(_ index: Int, to shape: Shape, in name: String) -> Int {
    values[index] == shape ? index : append(StepDraft(name: name, operation: .reshape, inputs: [index]), shape: shape)
  }

  /// Takes in a sum of two when the other operand is computed already.
  private mutating func absorbResidual(_ draft: inout StepDraft, _ last: inout Int) {
    guard let next = soleConsumer(last), graph.vertices[next].node.layer == .sum,
      graph.vertices[next].inputs.count == 2
    else { return }
    let others = graph.vertices[next].inputs.filter { $0 != last }
    guard others.count == 1, let other = others.first else { return }
    if let vertex = other, valueOfVertex[vertex] == nil { return }
    draft.residual = value(of: other)
    claim(next, after: &last)
  }

  func needsGradient(_ purpose: Plan.Purpose, reachesPixels: Bool) -> [Bool] {
    var needs = values.map { _ in purpose == .inputGradient }
    if reachesPixels { needs[Plan.pixels] = true }
    if purpose == .training {
      for draft in drafts {
        needs[draft.output] = draft.operation.isTrainable || draft.reads.contains { needs[$0] }
      }
    }
    return needs
  }

  private func soleConsumer(_ vertex: Int) -> Int? {
    consumers[vertex].count == 1 && vertex != graph.vertices.count - 1 ? consumers[vertex][0] : nil
  }

  private func value(of vertex: Int?) -> Int { vertex.flatMap { valueOfVertex[$0] } ?? pixels }

  /// Marks a vertex as computed by the step under construction.
  private mutating func claim(_ vertex: Int, after last: inout Int) {
    valueOfVertex[vertex] = claimed
    last = vertex
  }

  private var claimed: Int { -1 }

  private mutating func add(_ source: WeightSource) -> Int {
    weights.append(source)
    return weights.count - 1
  }

  private mutating func append(_ draft: StepDraft, shape: Shape) -> Int {
    var draft = draft
    draft.output = values.count
    values.append(shape)
    drafts.append(draft)
    return draft.output
  }
}

extension StepDraft {
  var reads: [Int] { inputs + (residual.map { [$0] } ?? []) }

  /// Whether an activation after it joins it; what only moves values leaves it to an identity step.
  fileprivate var fusesActivation: Bool {
    switch operation {
    case .convolution, .transposedConvolution, .dense, .scaleShift, .batchNormalization, .groupNormalization, .sum,
      .product:
      true
    case .softmax, .localResponseNormalization, .upsampling, .maxPooling, .averagePooling, .adaptiveAveragePooling,
      .dropout, .reshape, .selection, .concatenation,
      .identity,
      .activation:
      false
    }
  }
}

extension NormSource {
  /// The norm that `node` is, if it is one.
  fileprivate init?(_ node: Node) {
    switch node.layer {
    case .batchNormalization(let settings): self.init(node: node.name, settings: settings, mapsPerChannel: 1)
    case .groupBatchNormalization(let settings, let group):
      self.init(node: node.name, settings: settings, mapsPerChannel: group.order)
    default: return nil
    }
  }
}

extension FilterExpansion {
  /// What makes the filters of `vertex`, if they are not its parameter as it is.
  fileprivate init?(_ vertex: NetworkGraph.Vertex) {
    guard case .groupConvolution(let settings) = vertex.node.layer else { return nil }
    self.init(
      outputs: settings.outputChannels, inputs: vertex.inputShapes[0][0] / settings.inputOrder,
      rows: settings.filterTable.rows)
  }
}

extension Operation {
  fileprivate var isTrainable: Bool {
    switch self {
    case .convolution, .transposedConvolution, .dense, .batchNormalization, .groupNormalization: true
    case .softmax, .localResponseNormalization, .upsampling, .scaleShift, .maxPooling, .averagePooling,
      .adaptiveAveragePooling, .dropout, .reshape, .selection, .sum,
      .product,
      .concatenation, .identity, .activation:
      false
    }
  }
}

extension ReversedCollection<[StepDraft]> {
  /// The steps in forward order, each knowing where its backward pass meets a gradient that is there already.
  fileprivate func accumulating(_ needsGradient: [Bool]) -> [Step] {
    var written = needsGradient.map { _ in false }
    let steps = map { draft in
      let accumulates = draft.reads.map { value in
        defer { written[value] = true }
        return written[value]
      }
      return Step(
        name: draft.name, operation: draft.operation, inputs: draft.inputs, residual: draft.residual,
        activation: draft.activation, output: draft.output, accumulates: accumulates)
    }
    return steps.reversed()
  }
}
