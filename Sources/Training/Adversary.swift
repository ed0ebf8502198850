import Attacks
import Networks
import Programs
import Tensors

/// The attack inside training: on the network as it is at every step, in evaluation mode.
final class Adversary {
  private let gradient: InputGradientProgram
  private let workspace: AttackWorkspace
  private var perturbed: Tensor

  /// The adversary that the method asks for, if any.
  init?(
    _ configuration: TrainingConfiguration, _ graph: NetworkGraph, _ parameters: Parameters, _ backend: any Backend
  ) throws {
    guard case .pgd(var attack) = configuration.method else { return nil }
    attack.seed = configuration.seed
    gradient = try InputGradientProgram(
      graph, parameters: parameters, batchSize: configuration.batchSize, on: backend)
    workspace = try AttackWorkspace(attack, model: gradient)
    perturbed = Tensor(Shape([configuration.batchSize] + graph.imageShape.sizes))
  }

  /// Replaces `pixels` by attacked ones; `program` says what the parameters are now.
  func perturb(
    _ pixels: inout Tensor, labels: [Int], images: [Int], epoch: Int, parameters program: TrainingProgram
  ) throws {
    try gradient.load(program.parameters())
    _ = try workspace.perturb(pixels, labels: labels, images: images, epoch: epoch, into: &perturbed)
    swap(&pixels, &perturbed)
  }
}
