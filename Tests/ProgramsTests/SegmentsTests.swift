import Networks
import Programs
import Tensors
import Testing

@Suite("Segments of a plan")
struct SegmentsTests {
  private func plan(_ name: String, batch: Int = 2) throws -> Plan {
    try Plan(NetworkGraph(#require(Architecture(rawValue: name)).definition()), for: .training, batchSize: batch)
  }

  @Test("are all its steps", arguments: ["vgg11", "resnet18", "digits-cnn", "densenet-cifar"])
  func cover(name: String) throws {
    let plan = try plan(name, batch: 64)
    let segments = plan.segments
    #expect(segments.count > 1)
    #expect(segments.allSatisfy { !$0.isEmpty })
    #expect(segments.flatMap(Array.init) == Array(plan.steps.indices))
  }

  @Test("need the least memory of all ways to cut", arguments: ["digits-cnn", "lenet5", "small-cnn"], [1, 128])
  func least(name: String, batch: Int) throws {
    let plan = try plan(name, batch: batch)
    let count = plan.steps.count
    try #require(count <= 16)
    let needs = (0..<1 << (count - 1)).map { cuts in
      var (segments, start) = ([Range<Int>](), 0)
      for step in 0..<count where step == count - 1 || cuts >> step & 1 == 1 {
        segments.append(start..<step + 1)
        start = step + 1
      }
      return need(plan, segments)
    }
    #expect(need(plan, plan.segments) == needs.min())
  }

  @Test("of few steps are one")
  func single() throws {
    let nodes = [
      Node(name: "flatten", inputs: [Node.image], layer: .flatten),
      Node(name: "dense", inputs: ["flatten"], layer: .dense(Dense(outputs: 2))),
    ]
    let graph = try NetworkGraph(
      NetworkDefinition(architecture: "dense", imageShape: [3, 2, 2], classCount: 2, nodes: nodes))
    let plan = Plan(graph, for: .training, batchSize: 4)
    #expect(plan.segments == [plan.steps.indices])
  }

  /// The most numbers that any segment needs on the way back: what its steps wrote, what those before it wrote for it or others
  /// behind, room for the largest product, and the gradient it starts from unless that takes the place of a product's result.
  private func need(_ plan: Plan, _ segments: [Range<Int>]) -> Int {
    let counts = plan.weightCounts
    func size(_ step: Int) -> Int { plan.batchSize * plan.values[plan.steps[step].output].count }
    func weight(_ step: Int) -> Int? {
      switch plan.steps[step].operation {
      case .convolution(_, let index), .transposedConvolution(_, let index), .dense(_, let index): counts[index].weight
      default: nil
      }
    }
    func outlives(_ step: Int, _ segment: Range<Int>) -> Bool {
      let readers = plan.steps.indices.filter { plan.steps[$0].reads.contains(plan.steps[step].output) }
      return readers.isEmpty || readers.contains { $0 >= segment.upperBound }
    }
    return segments.enumerated().map { number, segment in
      let kept = segments[..<number].joined().filter { step in
        segments[..<number].contains { $0.contains(step) && outlives(step, $0) }
      }
      let last = segment.upperBound - 1
      return (Array(segment) + kept).map(size).reduce(0, +) + 8 * (segment.compactMap(weight).max() ?? 0)
        + (weight(last) == nil ? size(last) : 0)
    }.max() ?? 0
  }
}
