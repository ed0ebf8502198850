import Failures
import Networks
import Optimizers
import Programs
import Tensors

/// The parameters of a network in training: values, gradients and what the optimiser keeps in blocks of one layout, so that
/// an update is one pass over memory; running statistics and constants lie in another, expanded filters and their gradients
/// in one more.
final class ParameterStore {
  /// Where one parameter lies in its blocks.
  private struct Place {
    let path: ParameterPath
    let offset: Int
    let count: Int
  }

  /// A parameter in `values` whose expansion is computed with, and the gradients of both.
  private struct Expanded {
    let expansion: FilterExpansion
    let value, gradient, weight, weightGradient: UnsafeMutablePointer<Float>
  }

  /// Parallel to `Plan.weights`.
  private(set) var weights: [WeightBuffers] = []
  private let values, gradients, fixed, expansions: FloatBlock
  private let stateNames: [String]
  /// Parallel to `stateNames`.
  private let state: [FloatBlock]
  /// Where gradients wait while others are computed; made when first needed.
  private var earlier: FloatBlock?
  private var trained: [Place] = []
  private var statistics: [Place] = []
  private var expanded: [Expanded] = []
  /// How much is taken of the blocks of parameters, of that of statistics and of that of expanded filters.
  private var (used, usedFixed, usedExpansions) = (0, 0, 0)

  init(_ plan: Plan, stateNames: [String]) throws {
    let counts = plan.weightCounts
    let sizes = zip(plan.weights, counts).map { source, count in
      guard let expansion = source.expansion else {
        return FloatBlock.padded(count.weight) + FloatBlock.padded(count.bias)
      }
      return FloatBlock.padded(expansion.count) + FloatBlock.padded(expansion.outputs)
    }
    let size = sizes.reduce(0, +)
    values = try FloatBlock(count: size)
    gradients = try FloatBlock(count: size)
    self.stateNames = stateNames
    state = try stateNames.map { _ in try FloatBlock(count: size) }
    fixed = try FloatBlock(count: size + FloatBlock.padded(1) * counts.count)
    let expandedSizes = zip(plan.weights, counts).map { source, count in
      source.expansion == nil ? 0 : 2 * (FloatBlock.padded(count.weight) + FloatBlock.padded(count.bias))
    }
    expansions = try FloatBlock(count: expandedSizes.reduce(0, +))
    for (source, count) in zip(plan.weights, counts) { weights.append(place(source, count)) }
  }

  private func place(_ source: WeightSource, _ count: (weight: Int, bias: Int)) -> WeightBuffers {
    switch source {
    case .affine(let weight, let bias, let expansion?, folding: _): return placeExpanded(weight, bias, expansion)
    case .affine(let weight, let bias, expanding: nil, folding: _): return placeTrained(weight, bias, count)
    case .plain(let weight, let bias, _):
      var buffers = placeTrained(weight, bias, count)
      // What stands for a missing bias stays 0.
      if bias == nil { buffers.bias = placeFixed(count.bias) }
      return buffers
    case .norm(let norm):
      var buffers = placeTrained(norm.path("weight"), norm.path("bias"), count)
      buffers.statistics = RunningStatistics(
        mean: placeStatistic(norm.path("running_mean"), count.weight),
        variance: placeStatistic(norm.path("running_var"), count.weight),
        counter: placeStatistic(norm.path("num_batches_tracked"), 1))
      return buffers
    case .constant(let scale, let shift):
      let buffers = WeightBuffers(weight: placeFixed(count.weight), bias: placeFixed(count.bias))
      buffers.weight.update(from: scale, count: count.weight)
      buffers.bias?.update(from: shift, count: count.bias)
      return buffers
    }
  }

  private func placeTrained(
    _ weight: ParameterPath, _ bias: ParameterPath?, _ count: (weight: Int, bias: Int)
  ) -> WeightBuffers {
    let first = placeTrained(weight, count.weight)
    let second = bias.map { placeTrained($0, count.bias) }
    return WeightBuffers(
      weight: values.start + first, bias: second.map { values.start + $0 }, weightGradient: gradients.start + first,
      biasGradient: second.map { gradients.start + $0 })
  }

  private func placeExpanded(
    _ weight: ParameterPath, _ bias: ParameterPath?, _ expansion: FilterExpansion
  ) -> WeightBuffers {
    let first = placeExpanded(weight, expansion)
    let second = bias.map { placeExpanded($0, expansion.ofBias) }
    return WeightBuffers(
      weight: first.weight, bias: second?.weight, weightGradient: first.weightGradient,
      biasGradient: second?.weightGradient)
  }

  private func placeExpanded(_ path: ParameterPath, _ expansion: FilterExpansion) -> Expanded {
    let offset = placeTrained(path, expansion.count)
    let start = expansions.start + usedExpansions
    let size = FloatBlock.padded(expansion.expandedCount)
    usedExpansions += 2 * size
    let entry = Expanded(
      expansion: expansion, value: values.start + offset, gradient: gradients.start + offset, weight: start,
      weightGradient: start + size)
    expanded.append(entry)
    return entry
  }

  private func placeTrained(_ path: ParameterPath, _ count: Int) -> Int {
    defer { used += FloatBlock.padded(count) }
    trained.append(Place(path: path, offset: used, count: count))
    return used
  }

  private func placeStatistic(_ path: ParameterPath, _ count: Int) -> UnsafeMutablePointer<Float> {
    statistics.append(Place(path: path, offset: usedFixed, count: count))
    return placeFixed(count)
  }

  private func placeFixed(_ count: Int) -> UnsafeMutablePointer<Float> {
    defer { usedFixed += FloatBlock.padded(count) }
    return fixed.start + usedFixed
  }

  /// Takes over `parameters`, and of `given` what it has.
  func load(_ parameters: Parameters, state given: OptimizerState) {
    for place in trained {
      (values.start + place.offset).update(from: parameters[place.path].values, count: place.count)
      for (name, block) in zip(stateNames, state) {
        let numbers = given[name]?[place.path]?.values ?? Array(repeating: 0, count: place.count)
        precondition(numbers.count == place.count, "what the optimiser keeps has its parameter's shape")
        (block.start + place.offset).update(from: numbers, count: place.count)
      }
    }
    for place in statistics {
      (fixed.start + place.offset).update(from: parameters[place.path].values, count: place.count)
    }
  }

  /// Computes what is computed with anew, after the parameters have changed.
  func expand() {
    for entry in expanded { entry.expansion.expand(entry.value, into: entry.weight) }
  }

  /// Computes the gradients of parameters from those of what is computed with.
  func sumGradients() {
    for entry in expanded { entry.expansion.sum(entry.weightGradient, into: entry.gradient) }
  }

  /// All trainable parameters, what pads them included.
  var trainedBuffer: TrainedBuffer {
    func numbers(_ block: FloatBlock) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(start: block.start, count: used)
    }
    return TrainedBuffer(values: numbers(values), gradient: numbers(gradients), state: state.map(numbers))
  }

  /// Running statistics and counters, one place after the other.
  var runningStatistics: [Float] {
    get { statistics.flatMap { numbers(fixed, $0) } }
    set {
      precondition(newValue.count == statistics.reduce(0) { $0 + $1.count }, "as many statistics as there are")
      var start = 0
      for place in statistics {
        (fixed.start + place.offset).update(from: Array(newValue[start..<start + place.count]), count: place.count)
        start += place.count
      }
    }
  }

  /// Copies the gradients to a place of their own.
  func setGradientsAside() throws {
    let block = try earlier ?? FloatBlock(count: gradients.count)
    earlier = block
    block.start.update(from: gradients.start, count: used)
  }

  /// Adds the gradients that were set aside to those computed since.
  func addGradientsSetAside() {
    guard let earlier else { return }
    for i in 0..<used { gradients.start[i] += earlier.start[i] }
  }

  /// Where every parameter and running statistic lies.
  private lazy var places = Dictionary(
    uniqueKeysWithValues: (trained.map { ($0, values) } + statistics.map { ($0, fixed) }).map { place, block in
      (place.path, UnsafeBufferPointer(start: block.start + place.offset, count: place.count))
    })

  /// The numbers of the parameter or running statistic at `path`, as they are now.
  ///
  /// - Throws: `Failure` (`internal`) where the network has none.
  func numbers(_ path: ParameterPath) throws -> UnsafeBufferPointer<Float> {
    guard let numbers = places[path] else { throw Failure(.internal, "portable engine: no parameter \(path)") }
    return numbers
  }

  /// Copies the values into `parameters`.
  func write(to parameters: inout Parameters) {
    for place in trained { parameters[place.path].values = numbers(values, place) }
    for place in statistics { parameters[place.path].values = numbers(fixed, place) }
  }

  /// The gradients, of the shapes in `parameters`.
  func gradients(like parameters: Parameters) -> [ParameterPath: Tensor] { tensors(gradients, parameters) }

  /// What the optimiser keeps, of the shapes in `parameters`.
  func state(like parameters: Parameters) -> OptimizerState {
    Dictionary(uniqueKeysWithValues: zip(stateNames, state.map { tensors($0, parameters) }))
  }

  private func tensors(_ block: FloatBlock, _ parameters: Parameters) -> [ParameterPath: Tensor] {
    Dictionary(
      uniqueKeysWithValues: trained.map { ($0.path, Tensor(parameters[$0.path].shape, numbers(block, $0))) })
  }

  private func numbers(_ block: FloatBlock, _ place: Place) -> [Float] {
    Array(UnsafeBufferPointer(start: block.start + place.offset, count: place.count))
  }
}
