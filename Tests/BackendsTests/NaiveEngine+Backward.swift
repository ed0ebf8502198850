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

/// Layers backward.
extension NaiveEngine {
  /// The gradients at the inputs of vertex `index`, given `dy` at its output.
  func backward(_ index: Int, _ dy: Batch, _ masks: inout ArraySlice<[Double]>) -> [Batch] {
    let vertex = graph.vertices[index]
    let inputs = vertex.inputs.map(input)
    let x = inputs[0]
    var dx = Batch(batchSize, vertex.inputShapes[0])
    switch vertex.node.layer {
    case .convolution(let settings): affineBackward(settings, vertex, x, dy, &dx)
    case .groupConvolution(let settings): affineBackward(settings.plain, vertex, x, dy, &dx)
    case .groupBatchNormalization(let settings, let group):
      var slopes = dx.grouped(group.order)
      normBackward(settings, index, x.grouped(group.order), dy.grouped(group.order), &slopes)
      dx.values = slopes.values
    case .groupMaxPooling(let group):
      for (i, maps) in x.maps(group.order).enumerated() { passToMaximum(maps, of: x, dy.values[i], &dx) }
    case .groupAveragePooling(let group):
      for (i, maps) in x.maps(group.order).enumerated() {
        for place in maps { dx.values[place] += dy.values[i] / Double(group.order) }
      }
    case .dense(let settings): affineBackward(Convolution(settings), vertex, x, dy, &dx)
    case .batchNormalization(let settings): normBackward(settings, index, x, dy, &dx)
    case .activation(let activation):
      for i in dx.values.indices { dx.values[i] = activation.slope(x.values[i]) * dy.values[i] }
    case .maxPooling(let settings):
      for (i, window) in settings.windows(from: x, to: dy).enumerated() {
        passToMaximum(window.places, of: x, dy.values[i], &dx)
      }
    case .averagePooling(let settings):
      for (i, window) in settings.windows(from: x, to: dy).enumerated() {
        for place in window.places { dx.values[place] += dy.values[i] / window.divisor }
      }
    case .adaptiveAveragePooling(let size):
      for (i, window) in x.evenWindows(size).enumerated() {
        for place in window { dx.values[place] += dy.values[i] / Double(window.count) }
      }
    case .dropout(let settings):
      dx.values = dy.values
      if self.masks != nil, settings.rate > 0, let mask = masks.popLast() {
        for i in dx.values.indices { dx.values[i] *= mask[i] }
      }
    case .channelSlice, .channelShuffle, .channelPermutation, .channelPadding:
      for case (let i, let place?) in x.origins(vertex.node.layer, to: dy).enumerated() {
        dx.values[place] += dy.values[i]
      }
    case .imageStandardization: standardizeBackward(x, dy, &dx)
    case .scaleShift(let settings):
      for i in dx.values.indices {
        dx.values[i] = dy.values[i] * Double(settings.scale[settings.scale.count == 1 ? 0 : x.channel(i)])
      }
    case .transposedConvolution(let settings): transposedBackward(settings, vertex, x, dy, &dx)
    case .groupNormalization(let settings): imageNormBackward(settings.groups, settings.epsilon, vertex, x, dy, &dx)
    case .layerNormalization(let settings): imageNormBackward(1, settings.epsilon, vertex, x, dy, &dx)
    case .localResponseNormalization(let settings):
      let (alpha, beta) = (Double(settings.alpha) / Double(settings.size), Double(settings.beta))
      for i in dy.values.indices {
        let base = settings.base(x, i)
        dx.values[i] += dy.values[i] * pow(base, -beta)
        for j in settings.neighbours(x, i) {
          dx.values[j] -= dy.values[i] * 2 * alpha * beta * x.values[i] * x.values[j] * pow(base, -beta - 1)
        }
      }
    case .softmax:
      for pixels in x.columns {
        let powers = pixels.map { exp(x.values[$0]) }
        let shares = powers.map { $0 / powers.reduce(0, +) }
        let mean = zip(pixels, shares).reduce(0) { $0 + dy.values[$1.0] * $1.1 }
        for (i, share) in zip(pixels, shares) { dx.values[i] = share * (dy.values[i] - mean) }
      }
    case .upsampling(let settings):
      for (i, shares) in settings.shares(from: x, to: dy).enumerated() {
        for (place, share) in shares { dx.values[place] += share * dy.values[i] }
      }
    case .flatten: dx.values = dy.values
    case .sum: return inputs.map { _ in dy }
    case .product:
      var factors = Batch(batchSize, vertex.inputShapes[1])
      let run = x.values.count / factors.values.count
      for i in dx.values.indices {
        dx.values[i] = dy.values[i] * inputs[1].values[i / run]
        factors.values[i / run] += dy.values[i] * x.values[i]
      }
      return [dx, factors]
    case .concatenation:
      var parts = inputs
      forEachPart(inputs, dy) { part, i, place in parts[part].values[i] = dy.values[place] }
      return parts
    }
    return [dx]
  }

  private func passToMaximum(_ places: [Int], of x: Batch, _ slope: Double, _ dx: inout Batch) {
    let largest = places.map { x.values[$0] }.max()
    if let first = places.first(where: { x.values[$0] == largest }) { dx.values[first] += slope }
  }

  private func affineBackward(
    _ settings: Convolution, _ vertex: NetworkGraph.Vertex, _ x: Batch, _ dy: Batch, _ dx: inout Batch
  ) {
    let weight = computed(vertex, "weight")
    var slopes = dx.values
    var (sums, sizes) = (weight.map { _ in 0.0 }, weight.map { _ in 0.0 })
    settings.forEachProduct(from: x, to: dy) {
      slopes[$0] += dy.values[$2] * weight[$1]
      sums[$1] += dy.values[$2] * x.values[$0]
      sizes[$1] += abs(dy.values[$2] * x.values[$0])
    }
    dx.values = slopes
    keep(vertex, "weight", sums, sizes)
    if settings.bias { keepChannelSums(vertex, "bias", dy) { dy.values[$0] } }
  }

  private func normBackward(
    _ settings: BatchNormalization, _ index: Int, _ x: Batch, _ dy: Batch, _ dx: inout Batch
  ) {
    guard let used = statistics[index] else { return }
    let vertex = graph.vertices[index]
    let weight = values(vertex, "weight")
    let factors = used.variance.map { 1 / ($0 + Double(settings.epsilon)).squareRoot() }
    let normal = x.values.indices.map { (x.values[$0] - used.mean[x.channel($0)]) * factors[x.channel($0)] }
    keepChannelSums(vertex, "weight", dy) { dy.values[$0] * normal[$0] }
    keepChannelSums(vertex, "bias", dy) { dy.values[$0] }
    for c in 0..<x.c {
      let places = x.indices(channel: c)
      let count = Double(places.count)
      let mean = masks == nil ? 0 : places.reduce(0) { $0 + dy.values[$1] } / count
      let slope = masks == nil ? 0 : places.reduce(0) { $0 + dy.values[$1] * normal[$1] } / count
      for i in places { dx.values[i] = (dy.values[i] - mean - normal[i] * slope) * factors[c] * weight[c] }
    }
  }

  func keepChannelSums(
    _ vertex: NetworkGraph.Vertex, _ name: String, _ dy: Batch, _ term: (Int) -> Double
  ) {
    var (sums, sizes) = ([Double](repeating: 0, count: dy.c), [Double](repeating: 0, count: dy.c))
    for i in dy.values.indices {
      sums[dy.channel(i)] += term(i)
      sizes[dy.channel(i)] += abs(term(i))
    }
    keep(vertex, name, sums, sizes)
  }

  /// The sums over all that one number of the parameter is computed with as.
  private func summed(_ values: [Double], _ vertex: NetworkGraph.Vertex, _ name: String) -> [Double] {
    guard let places = vertex.places(of: name) else { return values }
    var sums = [Double](repeating: 0, count: (places.max() ?? -1) + 1)
    for (value, place) in zip(values, places) { sums[place] += value }
    return sums
  }

  func keep(_ vertex: NetworkGraph.Vertex, _ name: String, _ sums: [Double], _ sizes: [Double]) {
    let path = ParameterPath(node: vertex.node.name, name)
    gradients[path] = summed(sums, vertex, name)
    magnitudes[path] = summed(sizes, vertex, name).max()
  }
}
