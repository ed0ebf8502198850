/// What computes one step: its operation without residual and activation, which `StepRunner` adds.
///
/// A kernel holds its buffers, which are made once; calls allocate nothing.
protocol Kernel: AnyObject {
  /// Computes the output of the inputs.
  func forward()

  /// Computes the gradients that are wanted, of inputs and parameters, from the output's.
  func backward()

  /// The plain weights have changed.
  func weightsChanged()
}

extension Kernel {
  func weightsChanged() {}
}

/// A kernel with what may follow it in its step.
struct StepRunner {
  let kernel: any Kernel
  let buffers: StepBuffers
  let workers: Workers

  /// Computes `output = activation?(operation(inputs) + residual?)`.
  func forward() {
    kernel.forward()
    let (out, residual) = (buffers.output.start, buffers.residual?.start)
    if residual == nil && buffers.activation == nil { return }
    workers.runPieces(of: buffers.output.count) { range in
      if let residual { for i in range { out[i] += residual[i] } }
      buffers.activation?.apply(to: out, into: out, range)
    }
  }

  /// Takes the output's gradient through the activation, passes it on to the residual, and through the operation.
  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    if let activation = buffers.activation {
      let out = buffers.output.start
      workers.runPieces(of: buffers.output.count) { activation.descend(gradient, atValues: out, $0) }
    }
    kernel.backward()
    if let target = buffers.residualGradient {
      workers.copy(gradient, to: target, count: buffers.output.count)
    }
  }
}

extension Workers {
  /// Writes or adds `count` numbers as `target` says.
  func copy(_ source: UnsafePointer<Float>, to target: GradientBuffer, count: Int) {
    runPieces(of: count) { range in
      if target.accumulates {
        for i in range { target.start[i] += source[i] }
      } else {
        (target.start + range.lowerBound).update(from: source + range.lowerBound, count: range.count)
      }
    }
  }
}
