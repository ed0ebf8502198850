import Networks
import Tensors
import Testing

@Suite("Initial parameters")
struct InitialParametersTests {
  private func parameters(_ architecture: Architecture, seed: UInt64 = 7) throws -> Parameters {
    Parameters(initializing: try NetworkGraph(architecture.definition()), seed: seed)
  }

  @Test(
    "PyTorch's default is uniform within 1 / sqrt(fan in), weights and bias alike",
    arguments: [
      ("conv1", 9), ("conv2", 144), ("fc1", 512), ("fc2", 64),
    ])
  func uniform(layer: String, fanIn: Int) throws {
    let parameters = try parameters(.digitsCNN)
    let bound = 1 / Float(fanIn).squareRoot()
    for name in ["weight", "bias"] {
      let values = parameters[ParameterPath(node: layer, name)].values
      #expect(values.allSatisfy { abs($0) <= bound })
      #expect(Set(values).count > 1)
    }
    let weights = parameters[ParameterPath(node: layer, "weight")].values
    let largest = weights.map(abs).max() ?? 0
    #expect(largest > 0.9 * bound, "the whole range is used")
    let variance = weights.reduce(0) { $0 + $1 * $1 } / Float(weights.count)
    #expect(abs(variance / (bound * bound / 3) - 1) < 0.3, "a uniform variable has a third of the bound's square")
  }

  @Test("SmallCNN begins as the paper's: normal convolutions without bias, and a last layer of zeros")
  func smallCNN() throws {
    let parameters = try parameters(.smallCNN)
    let weights = parameters["feature_extractor.conv4.weight"].values
    let (count, fanIn) = (Float(weights.count), Float(64 * 9))
    let mean = weights.reduce(0, +) / count
    let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(mean) < 4 * (2 / fanIn / count).squareRoot(), "within four standard errors of 0")
    #expect(abs(variance / (2 / fanIn) - 1) < 0.03)
    #expect(weights.contains { abs($0) > 2 * (2 / fanIn).squareRoot() }, "a normal variable has tails")
    for path: ParameterPath in ["feature_extractor.conv4.bias", "classifier.fc3.weight", "classifier.fc3.bias"] {
      #expect(parameters[path].values.allSatisfy { $0 == 0 })
    }
    #expect(parameters["classifier.fc1.weight"].values.contains { $0 != 0 })
  }

  @Test("A norm begins as the identity")
  func norm() throws {
    let parameters = try parameters(.vgg11)
    #expect(parameters["features.1.weight"].values.allSatisfy { $0 == 1 })
    #expect(parameters["features.1.bias"].values.allSatisfy { $0 == 0 })
    #expect(parameters["features.1.running_mean"].values.allSatisfy { $0 == 0 })
    #expect(parameters["features.1.running_var"].values.allSatisfy { $0 == 1 })
    #expect(parameters["features.1.num_batches_tracked"] == Tensor([], [0]))
  }

  @Test("Every seed and every tensor has numbers of its own")
  func streams() throws {
    let first = try parameters(.digitsCNN, seed: 1)
    #expect(try parameters(.digitsCNN, seed: 1) == first)
    let second = try parameters(.digitsCNN, seed: 2)
    for (path, tensor) in zip(first.specs.map(\.path), first.tensors) { #expect(second[path] != tensor) }
    let scaled = [first["conv1.weight"].values[0] * 3, first["conv1.bias"].values[0] * 3]
    #expect(scaled[0] != scaled[1], "both are uniform in 1/3, from different streams")
  }

  @Test("Only what the optimiser changes counts as trainable")
  func trainable() throws {
    #expect(try parameters(.digitsCNN).trainableCount == 160 + 4_640 + 32_832 + 650)
    let vgg = try parameters(.vgg11)
    let others = vgg.specs.filter { $0.role != .trainable }
    #expect(others.count == 3 * 8)
    #expect(vgg.tensors.reduce(0) { $0 + $1.shape.count } == vgg.trainableCount + 2 * 2_752 + 8)
  }

  @Test("A parameter is replaced under its path, in its shape")
  func replacing() throws {
    var parameters = try parameters(.digitsCNN)
    parameters["fc2.bias"] = Tensor([10], filledWith: 3)
    #expect(parameters["fc2.bias"].values == [Float](repeating: 3, count: 10))
    #expect(parameters.tensors.last == parameters["fc2.bias"])
  }

  @Test("A path that the network has not is a programmer's error")
  func unknownPath() async {
    await #expect(processExitsWith: .failure) {
      let graph = try NetworkGraph(Architecture.digitsCNN.definition())
      _ = Parameters(initializing: graph, seed: 0)["fc9.weight"]
    }
  }
}

@Suite("A hostile definition is refused before anything is computed from it")
struct NetworkLimitTests {
  @Test("A node that would cost more than 2^48 multiply-adds")
  func cost() {
    let layers: [Layer] = [
      .convolution(Convolution(outputChannels: 1 << 14, kernelSize: 1, padding: 0)),
      .convolution(Convolution(outputChannels: 1 << 14, kernelSize: 3, padding: 1)),
      .averagePooling(.global), .flatten,
    ]
    let nodes = layers.enumerated().map { index, layer in
      Node(name: "n\(index)", inputs: [index == 0 ? Node.image : "n\(index - 1)"], layer: layer)
    }
    let definition = NetworkDefinition(
      architecture: "bomb", imageShape: [1, 256, 256], classCount: 1 << 14, nodes: nodes)
    #expect {
      _ = try NetworkGraph(definition)
    } throws: { error in
      "\(error)".contains("bomb") && "\(error)".contains("is too large")
    }
  }
}
