import Programs
import Tensors

/// The buffers of all values of a plan and of their gradients: two blocks, planned once.
///
/// For inference, values that never live together share memory. Where a backward pass follows, values stay and only
/// gradients share.
final class ValueMemory {
  let values: [ValueBuffer]
  /// nil where no gradient is wanted.
  let gradients: [UnsafeMutablePointer<Float>?]
  private let valueBlock: FloatBlock
  private let gradientBlock: FloatBlock

  init(_ plan: Plan) throws {
    let byteCounts = plan.values.map { $0.count * plan.batchSize * MemoryLayout<Float>.stride }
    let valuePlan = MemoryPlan(zip(byteCounts, plan.valueLives).map { .init(byteCount: $0, life: $1) })
    let wanted = plan.needsGradient
    let gradientPlan = MemoryPlan(
      plan.values.indices.map { .init(byteCount: wanted[$0] ? byteCounts[$0] : 0, life: plan.gradientLives[$0]) })
    let valueBlock = try FloatBlock(count: valuePlan.byteCount / MemoryLayout<Float>.stride)
    let gradientBlock = try FloatBlock(count: gradientPlan.byteCount / MemoryLayout<Float>.stride)
    values = zip(valuePlan.offsets, plan.values).map { offset, shape in
      ValueBuffer(
        start: valueBlock.start + offset / MemoryLayout<Float>.stride, shape: shape, batchSize: plan.batchSize)
    }
    gradients = zip(gradientPlan.offsets, wanted).map { offset, wanted in
      wanted ? gradientBlock.start + offset / MemoryLayout<Float>.stride : nil
    }
    self.valueBlock = valueBlock
    self.gradientBlock = gradientBlock
  }

  /// What `step` reads and writes.
  func buffers(_ step: Step) -> StepBuffers {
    let gradients = zip(step.reads, step.accumulates).map { value, accumulates in
      self.gradients[value].map { GradientBuffer(start: $0, accumulates: accumulates) }
    }
    return StepBuffers(
      inputs: step.inputs.map { values[$0] }, residual: step.residual.map { values[$0] }, output: values[step.output],
      activation: step.activation, inputGradients: Array(gradients.prefix(step.inputs.count)),
      residualGradient: step.residual == nil ? nil : gradients[step.inputs.count],
      outputGradient: self.gradients[step.output])
  }
}

extension Plan {
  /// The steps during which each value must stay; the pixels from the start, the logits to the end.
  fileprivate var valueLives: [ClosedRange<Int>] {
    guard purpose == .inference else { return values.map { _ in 0...steps.count } }
    var (first, last) = (values.map { _ in 0 }, values.map { _ in 0 })
    for (index, step) in steps.enumerated() {
      (first[step.output], last[step.output]) = (index, index)
      for value in step.reads { last[value] = index }
    }
    last[logits] = steps.count
    return values.indices.map { first[$0]...last[$0] }
  }

  /// The steps, counted from the last, during which each gradient must stay: from the last reader to the writer.
  fileprivate var gradientLives: [ClosedRange<Int>] {
    var (first, last) = (values.map { _ in steps.count }, values.map { _ in steps.count })
    for (index, step) in steps.enumerated() {
      let time = steps.count - 1 - index
      for value in step.reads { first[value] = min(first[value], time) }
      last[step.output] = time
    }
    first[logits] = 0
    return values.indices.map { min(first[$0], last[$0])...last[$0] }
  }
}
