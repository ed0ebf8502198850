import Checkpoints
import Foundation
import Networks
import Tensors
import TestSupport

/// Models of one network in several formats, in a folder of their own.
struct Models {
  let folder: String
  let graph: NetworkGraph
  let parameters: Parameters

  /// Nothing written yet; the parameters are those that training begins with.
  init(_ architecture: Architecture = .digitsCNN, in folder: String) throws {
    self.folder = folder
    graph = try NetworkGraph(architecture.definition())
    parameters = Parameters(initializing: graph, seed: 5)
  }

  /// Writes a checkpoint of these parameters, or of those that `change` makes of them.
  func checkpoint(
    _ name: String, classNames: [String] = [], configuration: String = "", momentum: Float? = nil,
    _ change: (inout Parameters) -> Void = { _ in }
  ) throws -> String {
    var parameters = parameters
    change(&parameters)
    let optimizer = momentum.map { ["momentum.fc.bias": Tensor([2], [$0, $0])] } ?? [:]
    try Checkpoint(
      definition: graph.definition, parameters: parameters, classNames: classNames, optimizer: optimizer,
      documents: .init(configuration: configuration)
    ).write(to: "\(folder)/\(name)")
    return "\(folder)/\(name)"
  }

  /// Writes the parameters as another tool would, `prefix` before every name.
  func safetensors(_ name: String, prefix: String = "", metadata: [String: String] = [:]) throws -> String {
    let tensors = zip(parameters.specs, parameters.tensors).map { spec, tensor in
      (name: prefix + spec.path.text, shape: tensor.shape.sizes, values: tensor.values)
    }
    let data = try TestSupport.safetensors(tensors, metadata: metadata)
    try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    return "\(folder)/\(name)"
  }
}
