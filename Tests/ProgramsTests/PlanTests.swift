import Networks
import Programs
import Tensors
import Testing

/// A plan of a built-in architecture.
func plan(_ architecture: Architecture, _ purpose: Plan.Purpose, preprocessing: Preprocessing = .none) throws -> Plan {
  Plan(try NetworkGraph(architecture.definition(preprocessing: preprocessing)), for: purpose, batchSize: 2)
}

extension Plan {
  var convolutions: [Step] { steps.filter { if case .convolution = $0.operation { true } else { false } } }
  var norms: [Step] { steps.filter { if case .batchNormalization = $0.operation { true } else { false } } }

  /// The norm folded into `step`, by its node's name.
  func foldedNorm(_ step: Step) -> String? {
    guard case .convolution(_, let index) = step.operation, case .affine(_, _, _, let norm) = weights[index] else {
      return nil
    }
    return norm?.node
  }
}

@Suite("A graph compiles to fused steps")
struct PlanTests {
  @Test("VGG16 in evaluation is 13 convolutions with norm and ReLU, 5 poolings, flatten and a dense layer")
  func vgg16() throws {
    let plan = try plan(.vgg16, .inference)
    #expect(plan.convolutions.count == 13)
    #expect(plan.convolutions.allSatisfy { $0.activation == .relu && plan.foldedNorm($0) != nil })
    #expect(plan.convolutions.first.flatMap(plan.foldedNorm) == "features.1")
    #expect(plan.steps.count == 13 + 5 + 2)
    #expect(plan.needsGradient.allSatisfy { !$0 })
    #expect(plan.values[plan.logits] == [10])
  }

  @Test("ResNet18 in evaluation adds every block's shortcut inside a convolution")
  func resnet18() throws {
    let plan = try plan(.resnet18, .inputGradient)
    #expect(plan.convolutions.count == 20)
    #expect(plan.convolutions.count { $0.residual != nil } == 8)
    #expect(plan.convolutions.allSatisfy { plan.foldedNorm($0) != nil })
    #expect(!plan.steps.contains { if case .sum = $0.operation { true } else { false } })
    #expect(plan.convolutions.count { $0.activation != .relu } == 3)
    #expect(plan.steps.count == 20 + 3)
  }

  @Test("training keeps norms, with the ReLU after them, and sums")
  func training() throws {
    let plan = try plan(.resnet18, .training)
    #expect(plan.convolutions.count == 20)
    #expect(plan.convolutions.allSatisfy { $0.activation != .relu && $0.residual == nil && plan.foldedNorm($0) == nil })
    #expect(plan.norms.count == 20)
    #expect(plan.norms.count { $0.activation == .relu } == 9)
    #expect(plan.steps.count { if case .sum = $0.operation { $0.activation == .relu } else { false } } == 8)
    #expect(!plan.needsGradient[Plan.pixels])
    #expect(plan.needsGradient.dropFirst().allSatisfy { $0 })
  }

  @Test("preprocessing is one step on the pixels, without a gradient in training")
  func preprocessing() throws {
    let plan = try plan(
      .leNet, .training, preprocessing: Preprocessing(mean: [0.5, 0.25, 0], standardDeviation: [0.25, 0.5, 1]))
    let first = try #require(plan.steps.first)
    guard case .scaleShift(let index) = first.operation, case .constant(let scale, let shift) = plan.weights[index]
    else {
      Issue.record("the first step is \(first.operation)")
      return
    }
    #expect(scale == [4, 2, 1])
    #expect(shift == [-2, -0.5, 0])
    #expect(first.inputs == [Plan.pixels])
    #expect(!plan.needsGradient[first.output])
  }

  @Test("dropout is a step in training only, and not at rate 0")
  func dropout() throws {
    #expect(try plan(.netMNIST, .inference).dropoutSteps.isEmpty)
    #expect(try plan(.netMNIST, .training).dropoutSteps.map(\.name) == ["conv2_drop", "drop"])
    var definition = Architecture.netMNIST.definition()
    for (index, node) in definition.nodes.enumerated() {
      if case .dropout(var settings) = node.layer {
        settings.rate = 0
        definition.nodes[index].layer = .dropout(settings)
      }
    }
    #expect(Plan(try NetworkGraph(definition), for: .training, batchSize: 2).dropoutSteps.isEmpty)
  }

  @Test("a ReLU after a pooling is an identity step with ReLU")
  func looseReLU() throws {
    let plan = try plan(.netMNIST, .inference)
    let identities = plan.steps.filter { if case .identity = $0.operation { true } else { false } }
    #expect(identities.map(\.name) == ["relu1", "relu2"])
    #expect(identities.allSatisfy { $0.activation == .relu })
  }

  @Test(
    "steps come after what they read, and write every value once",
    arguments: Architecture.allCases, [Plan.Purpose.inference, .inputGradient, .training])
  func order(architecture: Architecture, purpose: Plan.Purpose) throws {
    let plan = try plan(architecture, purpose)
    var written: Set<Int> = [Plan.pixels]
    for step in plan.steps {
      #expect(step.reads.allSatisfy { written.contains($0) })
      #expect(step.accumulates.count == step.reads.count)
      #expect(written.insert(step.output).inserted)
    }
    #expect(written == Set(plan.values.indices))
  }

  @Test(
    "going back, the first reader writes a gradient and all others add to it",
    arguments: Architecture.allCases, [Plan.Purpose.inputGradient, .training])
  func accumulation(architecture: Architecture, purpose: Plan.Purpose) throws {
    let plan = try plan(architecture, purpose)
    var written: Set<Int> = []
    for step in plan.steps.reversed() {
      for (value, accumulates) in zip(step.reads, step.accumulates) {
        #expect(accumulates == !written.insert(value).inserted)
      }
    }
    let adds = plan.steps.flatMap(\.accumulates).count { $0 }
    // All readers of a node but one add; nobody reads the image twice.
    let readers = Dictionary(grouping: architecture.definition().nodes.flatMap(\.inputs)) { $0 }
    #expect(adds == readers.values.reduce(0) { $0 + $1.count - 1 })
  }
}
