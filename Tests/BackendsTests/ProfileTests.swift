import Networks
import Programs
import Testing

/// What engines say of their calls; never how long they took.
@Suite struct ProfileTests {
  private func profile(
    _ architecture: Architecture, _ purpose: Plan.Purpose, _ backend: TestBackend
  ) throws -> (plan: Plan, calls: [CallProfile]) {
    let graph = try NetworkGraph(architecture.definition())
    let plan = Plan(graph, for: purpose, batchSize: 2)
    let parameters = Parameters(initializing: graph, seed: 1)
    return (plan, try backend.make(1).profile(plan, parameters: parameters, repeats: 1))
  }

  @Test(
    "Multiply-adds are those of the network, once a pass",
    arguments: TestBackends.all, [Architecture.digitsCNN, .smallCNN, .netMNIST, .vgg11, .resnet18])
  func multiplyAdds(backend: TestBackend, architecture: Architecture) throws {
    let forward = try 2 * NetworkGraph(architecture.definition()).multiplyAdds
    for purpose in [Plan.Purpose.inference, .inputGradient, .training] {
      let (plan, calls) = try profile(architecture, purpose, backend)
      func sum(_ isCounted: (CallProfile.Pass) -> Bool) -> Int {
        calls.filter { isCounted($0.pass) }.reduce(0) { $0 + $1.multiplyAdds }
      }
      #expect(sum { $0 == .forward } == forward)
      let first = plan.steps.first { plan.multiplyAdds(of: $0) > 0 }.map(plan.multiplyAdds) ?? 0
      let backward =
        switch purpose {
        case .inference: 0
        case .inputGradient: forward
        // The gradient of the pixels is not computed.
        case .training: 2 * forward - first
        }
      #expect(sum { $0 != .forward } == backward, "\(purpose)")
    }
  }

  @Test("Every call belongs to a step, forward ones in the plan's order", arguments: TestBackends.all)
  func steps(backend: TestBackend) throws {
    let (plan, calls) = try profile(.vgg11, .inputGradient, backend)
    let names = plan.steps.map(\.name)
    #expect(calls.allSatisfy { names.contains($0.step) })
    let forward = calls.filter { $0.pass == .forward }.map(\.step)
    #expect(forward == names.filter(forward.contains))
    #expect(calls.allSatisfy { !$0.operation.isEmpty && !$0.implementation.isEmpty && !$0.layout.isEmpty })
    #expect(calls.allSatisfy { $0.seconds >= 0 && $0.seconds.isFinite })
  }

  #if CUSP_ONEDNN
    @Test("Algorithm and layout are those of the kernel")
    func kernels() throws {
      let backend = try #require(TestBackends.all.last)
      let calls = try profile(.vgg11, .inputGradient, backend).calls
      let products = calls.filter { $0.multiplyAdds > 0 }
      #expect(products.allSatisfy { ["direct", "winograd", "product"].contains($0.algorithm) })
      let words = /[a-z][a-zA-Z]*(\d+[a-z])*(>[a-z][a-zA-Z]*(\d+[a-z])*)?/
      #expect(calls.allSatisfy { $0.layout.wholeMatch(of: words) != nil })
      #expect(calls.first { $0.operation == "dense" }?.layout == "nc")
    }
  #endif
}

@Suite struct CallTimingTests {
  @Test("Each round runs every call once, in order; the first does not count")
  func order() {
    var calls: [Int] = []
    let seconds = Programs.profile(3, repeats: 2) { calls.append($0) }
    #expect(calls == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    #expect(seconds.count == 3)
  }
}
