import Networks
import Programs
import Tensors
import Testing

@Suite("What newer layers compile to")
struct LayerPlanTests {
  /// The steps, for the pixels' gradient, of a convolution of `[4, 8, 8]`, then `layers`, then features and logits.
  private func steps(_ layers: [Layer], _ purpose: Plan.Purpose = .inputGradient) throws -> [Step] {
    let all = [.convolution(Convolution(outputChannels: 6, kernelSize: 3, padding: 1))] + layers
    let nodes = all + [.flatten, .dense(Dense(outputs: 2))]
    let graph = try NetworkGraph(
      NetworkDefinition(
        architecture: "layers", imageShape: [4, 8, 8], classCount: 2,
        nodes: nodes.enumerated().map { position, layer in
          Node(name: "n\(position)", inputs: [position == 0 ? Node.image : "n\(position - 1)"], layer: layer)
        }))
    return Plan(graph, for: purpose, batchSize: 2).steps
  }

  @Test("an activation whose slope follows from its value joins the convolution, another is its own step")
  func activations() throws {
    let all: [Activation] = [
      .relu, .relu6, .leakyReLU(slope: 0.1), .elu(alpha: 1), .gelu, .geluTanh, .silu, .sigmoid, .tanh, .hardSigmoid,
      .hardSwish, .softplus,
    ]
    for activation in all {
      let steps = try steps([.activation(activation)])
      #expect(steps[0].activation == (activation.slopeFollowsFromValue ? activation : nil))
      #expect(steps.count == (activation.slopeFollowsFromValue ? 3 : 4), "\(activation)")
    }
    #expect(all.count { $0.slopeFollowsFromValue } == 7)
  }

  @Test("an adaptive pooling that divides the image is a plain one; another is not")
  func pooling() throws {
    let even = try steps([.adaptiveAveragePooling(Extent(height: 4, width: 2))])[1]
    guard case .averagePooling(let window) = even.operation else {
      Issue.record("another operation")
      return
    }
    #expect((window.size, window.stride) == (Extent(height: 2, width: 4), Extent(height: 2, width: 4)))
    let uneven = try steps([.adaptiveAveragePooling(Extent(height: 3, width: 2))])[1]
    guard case .adaptiveAveragePooling = uneven.operation else {
      Issue.record("another operation")
      return
    }
  }

  @Test("slices, shuffles, orders and zeros pick channels; one that only others pick from is not computed")
  func selections() throws {
    func picked(_ layers: [Layer]) throws -> [[Int?]] {
      try steps(layers).compactMap { if case .selection(let channels) = $0.operation { channels } else { nil } }
    }
    let (shuffle, slice) = (Layer.channelShuffle(groups: 3), Layer.channelSlice(ChannelSlice(start: 2, count: 3)))
    // Two channels a hand: 0 1 | 2 3 | 4 5.
    #expect(try picked([shuffle]) == [[0, 2, 4, 1, 3, 5]])
    #expect(try picked([slice]) == [[2, 3, 4]])
    #expect(try picked([shuffle, slice]) == [[4, 1, 3]])
    #expect(try picked([slice, .channelShuffle(groups: 3), .channelSlice(ChannelSlice(start: 1, count: 1))]) == [[3]])
    let order = Layer.channelPermutation(order: [2, 0, 1])
    let zeros = Layer.channelPadding(ChannelPadding(before: 1, after: 2))
    #expect(try picked([slice, .activation(.relu), order]) == [[2, 3, 4], [2, 0, 1]])
    #expect(try picked([slice, order, zeros]) == [[nil, 4, 2, 3, nil, nil]])
    #expect(try picked([shuffle, .activation(.relu), slice]) == [[0, 2, 4, 1, 3, 5], [2, 3, 4]])
  }

  @Test("two halves of a shuffle are picked from what it shuffles, which both read")
  func halves() throws {
    func half(_ name: String, from start: Int) -> Node {
      Node(name: name, inputs: ["shuffle"], layer: .channelSlice(ChannelSlice(start: start, count: 2)))
    }
    let shuffle = Node(name: "shuffle", inputs: [Node.image], layer: .channelShuffle(groups: 2))
    let ends = [
      Node(name: "sum", inputs: ["left", "right"], layer: .sum),
      Node(name: "flatten", inputs: ["sum"], layer: .flatten),
    ]
    let graph = try NetworkGraph(
      NetworkDefinition(
        architecture: "halves", imageShape: [4, 1, 1], classCount: 2,
        nodes: [shuffle, half("left", from: 0), half("right", from: 2)] + ends))
    let steps = Plan(graph, for: .inputGradient, batchSize: 1).steps
    #expect(steps.map(\.name) == ["left", "right", "sum", "flatten"])
    for (step, expected) in zip(steps, [[0, 2], [1, 3]]) {
      guard case .selection(let channels) = step.operation else {
        Issue.record("another operation")
        return
      }
      #expect(channels == expected)
      #expect(step.inputs == [Plan.pixels])
    }
    #expect(steps.prefix(2).map(\.accumulates) == [[true], [false]])
  }

  @Test("stochastic depth is a dropout in training, and nothing in evaluation")
  func stochasticDepth() throws {
    let layer = Layer.dropout(Dropout(rate: 0.5, scope: .image))
    #expect(try steps([layer]).count == 3)
    #expect(try steps([layer], .training).count == 4)
  }

  @Test("fixed numbers are repeated for every channel")
  func scaleShift() throws {
    let definition = NetworkDefinition(
      architecture: "scaled", imageShape: [3, 2, 2], classCount: 2,
      nodes: [
        Node(name: "s", inputs: [Node.image], layer: .scaleShift(ScaleShift(scale: [2], shift: [-1]))),
        Node(name: "f", inputs: ["s"], layer: .flatten),
        Node(name: "d", inputs: ["f"], layer: .dense(Dense(outputs: 2))),
      ])
    let plan = Plan(try NetworkGraph(definition), for: .inference, batchSize: 1)
    guard case .constant(let scale, let shift) = plan.weights[0] else {
      Issue.record("another operation")
      return
    }
    #expect((scale, shift) == ([2, 2, 2], [-1, -1, -1]))
  }
}
