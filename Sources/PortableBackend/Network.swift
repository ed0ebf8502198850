import Failures
import Programs

/// A plan with its buffers and kernels: what evaluation and training have in common.
final class Network {
  let plan: Plan
  let workers: Workers
  let memory: ValueMemory
  let runners: [StepRunner]

  /// - Throws: `Failure` when memory runs out.
  init(
    _ plan: Plan, weights: [WeightBuffers], masks: [UnsafeMutablePointer<Float>] = [],
    sharing statistics: SharedStatistics? = nil, workers: Workers
  ) throws {
    let memory = try ValueMemory(plan)
    let resources = KernelResources(workers: workers, weights: weights, masks: masks, statistics: statistics)
    runners = try plan.steps.map { step in
      let buffers = memory.buffers(step)
      return StepRunner(kernel: try step.operation.kernel(buffers, resources), buffers: buffers, workers: workers)
    }
    try workers.allocate()
    (self.plan, self.workers, self.memory) = (plan, workers, memory)
  }

  /// Tells the kernels that the plain weights have changed.
  func weightsChanged() {
    for runner in runners { runner.kernel.weightsChanged() }
  }

  /// Writes the logits `[n, classes]` of `pixels` `[n, c, h, w]`.
  func forward(_ pixels: UnsafeBufferPointer<Float>, logits: UnsafeMutableBufferPointer<Float>) throws {
    let (input, output) = (memory.values[Plan.pixels], memory.values[plan.logits])
    try copy(pixels, to: UnsafeMutableBufferPointer(start: input.start, count: input.count), "pixels")
    for runner in runners { runner.forward() }
    try copy(UnsafeBufferPointer(start: output.start, count: output.count), to: logits, "logits")
  }

  /// Goes back from the gradient `[n, classes]` at the logits.
  func backward(_ logitGradient: UnsafeBufferPointer<Float>) throws {
    guard let start = memory.gradients[plan.logits] else { return }
    let target = UnsafeMutableBufferPointer(start: start, count: memory.values[plan.logits].count)
    try copy(logitGradient, to: target, "logit gradient")
    for runner in runners.reversed() { runner.backward() }
  }

  /// Writes the gradient `[n, c, h, w]` at the pixels, after a backward pass.
  func writePixelGradient(_ out: UnsafeMutableBufferPointer<Float>) throws {
    guard let start = memory.gradients[Plan.pixels] else {
      throw Failure(.internal, "portable engine: this plan does not go back to the pixels")
    }
    try copy(UnsafeBufferPointer(start: start, count: memory.values[Plan.pixels].count), to: out, "pixel gradient")
  }

  private func copy(
    _ source: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, _ name: String
  ) throws {
    guard source.count == target.count, let from = source.baseAddress, let to = target.baseAddress else {
      throw Failure(.internal, "portable engine: \(name) of \(source.count) numbers where \(target.count) belong")
    }
    to.update(from: from, count: source.count)
  }
}
