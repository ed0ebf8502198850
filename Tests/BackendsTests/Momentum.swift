import Networks
import Optimizers
import Programs
import Tensors

extension TrainingEngine {
  /// Takes over parameters and the last direction of gradient descent.
  func load(_ parameters: Parameters, momentum: [ParameterPath: Tensor]) throws {
    try load(parameters, state: ["momentum": momentum])
  }

  /// The last direction of gradient descent.
  func momentum() throws -> [ParameterPath: Tensor] { try state()["momentum"] ?? [:] }
}

extension TrainingProgram {
  /// The last direction of gradient descent.
  func momentum() throws -> [ParameterPath: Tensor] { try optimizerState()["momentum"] ?? [:] }
}

extension OptimizerStep {
  /// The share of the last direction that stays; 0 of other rules.
  var momentum: Float {
    guard case .sgd(let momentum, _) = optimizer else { return 0 }
    return momentum
  }
}
