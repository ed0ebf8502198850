import Programs
import Tensors
import Testing

@Suite("Buffers that live together never overlap")
struct MemoryPlanTests {
  private static func requests(_ seed: UInt64) -> [MemoryPlan.Request] {
    var generator = Generator(seed: seed, purpose: .sample)
    let count = generator.integer(below: 40)
    return (0..<count).map { _ in
      let first = generator.integer(below: 30)
      let life = first...first + generator.integer(below: 10)
      let again = life.upperBound + 2...life.upperBound + 2 + generator.integer(below: 10)
      return .init(
        byteCount: generator.integer(below: 2000), lives: generator.integer(below: 3) == 0 ? [life, again] : [life])
    }
  }

  @Test("for random sizes and lives", arguments: UInt64(0)..<200)
  func disjoint(seed: UInt64) {
    let requests = MemoryPlanTests.requests(seed)
    let plan = MemoryPlan(requests)
    #expect(plan.offsets.count == requests.count)
    for (i, request) in requests.enumerated() {
      #expect(plan.offsets[i].isMultiple(of: MemoryPlan.alignment))
      #expect(plan.offsets[i] + request.byteCount <= plan.byteCount)
      for j in 0..<i
      where requests[j].lives.contains(where: { life in request.lives.contains { $0.overlaps(life) } }) {
        let (one, other) = (plan.offsets[i], plan.offsets[j])
        #expect(one + request.byteCount <= other || other + requests[j].byteCount <= one)
      }
    }
  }

  @Test("and those that do not share memory")
  func shared() {
    let chain = (0..<10).map { MemoryPlan.Request(byteCount: 640, life: $0...$0 + 1) }
    #expect(MemoryPlan(chain).byteCount == 2 * 640)
    // The second lives where the first has nothing to keep.
    #expect(
      MemoryPlan([.init(byteCount: 640, lives: [0...1, 5...6]), .init(byteCount: 640, life: 2...4)]).byteCount == 640)
    #expect(MemoryPlan([]).byteCount == 0)
    #expect(MemoryPlan([.init(byteCount: 1, life: 0...0)]).byteCount == 64)
  }
}
