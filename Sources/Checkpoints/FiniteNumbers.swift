internal import Failures
internal import Networks
internal import Tensors

extension Checkpoint {
  /// Refuses a model of which a number is not finite, and on request one whose optimiser has such a number; `path` is the
  /// file, and `advice` what to do about it.
  ///
  /// - Throws: `.data` naming the first such tensor.
  public func requireFinite(_ path: String, withOptimizer: Bool = false, advice: String) throws {
    for (spec, tensor) in zip(parameters.specs, parameters.tensors) {
      try tensor.requireFinite("\(path): \(spec.path.text)", advice: advice)
    }
    guard withOptimizer else { return }
    for (name, tensor) in optimizer.sorted(by: { $0.key < $1.key }) {
      try tensor.requireFinite("\(path): optimizer.\(name)", advice: advice)
    }
  }
}

extension Tensor {
  /// Refuses a number that is not finite; `place` is the tensor, and `advice` what to do about it.
  ///
  /// - Throws: `.data` that says which element it is.
  package func requireFinite(_ place: String, advice: String) throws {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw Failure(.data, "\(place): element \(index) is \(values[index]), not a finite number; \(advice)")
  }
}
