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

  @Test("What lives throughout lies below the rest, whatever its size")
  func fixed() {
    let requests = (1...20).map { place in
      place.isMultiple(of: 3)
        ? MemoryPlan.Request(byteCount: 64 * place, life: 0...Int.max)
        : MemoryPlan.Request(byteCount: 640 * place, life: place...place + 3)
    }
    let (offsets, fixed) = (MemoryPlan(requests).offsets, Array(stride(from: 2, to: 20, by: 3)))
    let end = fixed.map { requests[$0].byteCount }.reduce(0, +)
    #expect(fixed.allSatisfy { offsets[$0] + requests[$0].byteCount <= end })
    #expect(requests.indices.allSatisfy { fixed.contains($0) || offsets[$0] >= end })
  }

  @Test("Small buffers that live long come before larger ones that make way at once, where that saves room")
  func ranks() {
    // Largest first, both of 256 begin at 0, and the others lie above one of them each: at 256 and at 448.
    let requests = [
      MemoryPlan.Request(byteCount: 128, life: 1...4), .init(byteCount: 192, life: 0...3),
      .init(byteCount: 256, life: 0...0), .init(byteCount: 256, life: 4...6),
    ]
    #expect(MemoryPlan(requests).byteCount == 192 + 256)
  }

  @Test("No block is larger than the one that comes of placing the largest first", arguments: UInt64(0)..<200)
  func larger(seed: UInt64) {
    let requests = MemoryPlanTests.requests(seed)
    func size(_ place: Int) -> Int { (requests[place].byteCount + 63) / 64 * 64 }
    func live(_ one: Int, _ other: Int) -> Bool {
      requests[one].lives.contains { life in requests[other].lives.contains { life.overlaps($0) } }
    }
    var starts: [Int: Int] = [:]
    for place in requests.indices.sorted(by: { (requests[$0].byteCount, $1) > (requests[$1].byteCount, $0) }) {
      let others = starts.keys.filter { live($0, place) }
      let candidates = [0] + others.map { (starts[$0] ?? 0) + size($0) }
      starts[place] = candidates.sorted().first { start in
        others.allSatisfy { other in
          let first = starts[other] ?? 0
          return start + size(place) <= first || first + size(other) <= start
        }
      }
    }
    let largestFirst = starts.map { $1 + size($0) }.max() ?? 0
    #expect(MemoryPlan(requests).byteCount <= largestFirst)
  }
}
