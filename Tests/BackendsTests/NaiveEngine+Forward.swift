import Networks
import Programs
import Symmetry

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Layers forward.
extension NaiveEngine {
  func input(_ index: Int?) -> Batch { index.map { outputs[$0] } ?? image }

  func values(_ vertex: NetworkGraph.Vertex, _ name: String) -> [Double] {
    parameters[ParameterPath(node: vertex.node.name, name)] ?? []
  }

  /// The numbers of a parameter that are computed with.
  func computed(_ vertex: NetworkGraph.Vertex, _ name: String) -> [Double] {
    let parameter = values(vertex, name)
    return parameter.isEmpty ? [] : vertex.places(of: name)?.map { parameter[$0] } ?? parameter
  }

  func forward(_ index: Int, _ masks: inout ArraySlice<[Double]>) -> Batch {
    let vertex = graph.vertices[index]
    let inputs = vertex.inputs.map(input)
    let x = inputs[0]
    let largest = x.largest
    var y = Batch(batchSize, vertex.outputShape)
    switch vertex.node.layer {
    case .convolution(let settings): affine(settings, vertex, x, &y)
    case .groupConvolution(let settings): affine(settings.plain, vertex, x, &y)
    case .groupBatchNormalization(let settings, let group):
      var normal = y.grouped(group.order)
      norm(settings, index, x.grouped(group.order), &normal)
      y.values = normal.values
    case .groupMaxPooling(let group):
      for (i, maps) in x.maps(group.order).enumerated() { y.values[i] = maximum(maps, of: x, largest) }
    case .groupAveragePooling(let group):
      for (i, maps) in x.maps(group.order).enumerated() {
        y.values[i] = maps.reduce(0) { $0 + x.values[$1] } / Double(group.order)
      }
    case .dense(let settings): affine(Convolution(settings), vertex, x, &y)
    case .batchNormalization(let settings): norm(settings, index, x, &y)
    case .activation(let activation):
      y.values = x.values.map(activation.value)
      for kink in activation.kinks {
        for value in x.values where value != kink { closestTie = min(closestTie, abs(value - kink) / largest) }
      }
    case .maxPooling(let settings):
      for (i, window) in settings.windows(from: x, to: y).enumerated() {
        y.values[i] = maximum(window.places, of: x, largest)
      }
    case .averagePooling(let settings):
      for (i, window) in settings.windows(from: x, to: y).enumerated() {
        y.values[i] = window.places.reduce(0) { $0 + x.values[$1] } / window.divisor
      }
    case .adaptiveAveragePooling(let size):
      for (i, window) in x.evenWindows(size).enumerated() {
        y.values[i] = window.reduce(0) { $0 + x.values[$1] } / Double(window.count)
      }
    case .dropout(let settings):
      y.values = x.values
      if self.masks != nil, settings.rate > 0, let mask = masks.popFirst() {
        for i in y.values.indices { y.values[i] *= mask[i] }
      }
    case .channelSlice, .channelShuffle, .channelPermutation, .channelPadding:
      for (i, place) in x.origins(vertex.node.layer, to: y).enumerated() {
        y.values[i] = place.map { x.values[$0] } ?? 0
      }
    case .imageStandardization: standardize(x, &y)
    case .scaleShift(let settings):
      for i in y.values.indices {
        y.values[i] = x.values[i] * Double(settings.scale[settings.scale.count == 1 ? 0 : x.channel(i)])
        y.values[i] += Double(settings.shift[settings.shift.count == 1 ? 0 : x.channel(i)])
      }
    case .transposedConvolution(let settings):
      let (weight, bias) = (values(vertex, "weight"), values(vertex, "bias"))
      var sums = y.values
      settings.opposite(inputChannels: x.c).forEachProduct(from: y, to: x) { sums[$0] += x.values[$2] * weight[$1] }
      y.values = sums.enumerated().map { $1 + (bias.isEmpty ? 0 : bias[y.channel($0)]) }
    case .groupNormalization(let settings): imageNorm(settings.groups, settings.epsilon, vertex, x, &y)
    case .layerNormalization(let settings): imageNorm(1, settings.epsilon, vertex, x, &y)
    case .localResponseNormalization(let settings):
      for i in y.values.indices { y.values[i] = x.values[i] * pow(settings.base(x, i), -Double(settings.beta)) }
    case .softmax:
      for pixels in x.columns {
        let powers = pixels.map { exp(x.values[$0]) }
        for (i, power) in zip(pixels, powers) { y.values[i] = power / powers.reduce(0, +) }
      }
    case .upsampling(let settings):
      for (i, shares) in settings.shares(from: x, to: y).enumerated() {
        y.values[i] = shares.reduce(0) { $0 + $1.share * x.values[$1.place] }
      }
    case .flatten: y.values = x.values
    case .sum: for x in inputs { for i in y.values.indices { y.values[i] += x.values[i] } }
    case .product:
      let run = x.values.count / inputs[1].values.count
      for i in y.values.indices { y.values[i] = x.values[i] * inputs[1].values[i / run] }
    case .concatenation: forEachPart(inputs, y) { part, i, place in y.values[place] = inputs[part].values[i] }
    }
    return y
  }

  private func maximum(_ places: [Int], of x: Batch, _ largest: Double) -> Double {
    let ordered = places.map { x.values[$0] }.sorted(by: >)
    if let next = ordered.first(where: { $0 != ordered[0] }) {
      closestTie = min(closestTie, (ordered[0] - next) / largest)
    }
    return ordered[0]
  }

  private func affine(_ settings: Convolution, _ vertex: NetworkGraph.Vertex, _ x: Batch, _ y: inout Batch) {
    let (weight, bias) = (computed(vertex, "weight"), computed(vertex, "bias"))
    var sums = y.values
    settings.forEachProduct(from: x, to: y) { sums[$2] += x.values[$0] * weight[$1] }
    if !bias.isEmpty { for i in sums.indices { sums[i] += bias[y.channel(i)] } }
    y.values = sums
  }

  private func norm(_ settings: BatchNormalization, _ index: Int, _ x: Batch, _ y: inout Batch) {
    let vertex = graph.vertices[index]
    let (weight, bias) = (values(vertex, "weight"), values(vertex, "bias"))
    var used = NormStatistics(mean: values(vertex, "running_mean"), variance: values(vertex, "running_var"))
    if masks != nil {
      move(settings, vertex.node.name, x, running: used)
      used = NormStatistics(of: x)
      // A channel that hardly varies has its rounding blown up.
      let smallest = 0.02 * x.largest
      if used.variance.contains(where: { $0 > 0 && $0.squareRoot() < smallest }) { closestTie = 0 }
    }
    statistics[index] = used
    for i in y.values.indices {
      let c = x.channel(i)
      let deviation = (used.variance[c] + Double(settings.epsilon)).squareRoot()
      y.values[i] = (x.values[i] - used.mean[c]) / deviation * weight[c] + bias[c]
    }
  }

  /// Moves the running statistics towards the batch's, whose variance is estimated with one less.
  private func move(_ settings: BatchNormalization, _ node: String, _ x: Batch, running: NormStatistics) {
    let batch = NormStatistics(of: x)
    let count = Double(x.n * x.h * x.w)
    func moved(_ old: [Double], _ new: [Double], factor: Double) -> [Double] {
      zip(old, new).map { $0 + Double(settings.momentum) * ($1 * factor - $0) }
    }
    parameters[ParameterPath(node: node, "running_mean")] = moved(running.mean, batch.mean, factor: 1)
    parameters[ParameterPath(node: node, "running_var")] = moved(
      running.variance, batch.variance, factor: count / max(count - 1, 1))
    parameters[ParameterPath(node: node, "num_batches_tracked")]?[0] += 1
  }

  /// Runs `body` for every number of every part of the concatenation `y`, with its place there.
  func forEachPart(_ parts: [Batch], _ y: Batch, _ body: (_ part: Int, _ index: Int, _ place: Int) -> Void) {
    var channel = 0
    for (number, part) in parts.enumerated() {
      for i in part.values.indices {
        let (image, rest) = i.quotientAndRemainder(dividingBy: part.c * part.h * part.w)
        body(number, i, image * y.c * y.h * y.w + channel * y.h * y.w + rest)
      }
      channel += part.c
    }
  }
}
