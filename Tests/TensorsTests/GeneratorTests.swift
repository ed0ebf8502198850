import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Random numbers")
struct GeneratorTests {
  struct Stream: Decodable, Sendable {
    let fields: [String: String]
    let words: [UInt32]
    let ball: [Float]
    let normals: [Float]
    let permutation: [Int]
    let large: [Int]

    var generator: Generator {
      get throws {
        func field(_ name: String) throws -> Int { try #require(fields[name].flatMap { Int($0) }) }
        let purpose = try #require(fields["purpose"].flatMap { UInt32($0) }.flatMap(Purpose.init(rawValue:)))
        return Generator(
          seed: try #require(fields["seed"].flatMap { UInt64($0) }), purpose: purpose, epoch: try field("epoch"),
          image: try field("image"), restart: try field("restart"), step: try field("step"))
      }
    }
  }

  struct Fixtures: Decodable { let streams: [Stream] }

  static func streams() throws -> [Stream] {
    try JSONDecoder().decode(Fixtures.self, from: Fixture.data("generator.json")).streams
  }

  struct KnownAnswer: Sendable { let counter, answer: SIMD4<UInt32>, key: SIMD2<UInt32> }

  @Test(
    "Philox gives Random123's known answers",
    arguments: [
      KnownAnswer(
        counter: SIMD4(repeating: 0), answer: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8),
        key: SIMD2(repeating: 0)),
      KnownAnswer(
        counter: SIMD4(repeating: .max), answer: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd),
        key: SIMD2(repeating: .max)),
      KnownAnswer(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        answer: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1), key: SIMD2(0xa409_3822, 0x299f_31d0)),
    ])
  func knownAnswers(_ vector: KnownAnswer) {
    #expect(Philox.block(counter: vector.counter, key: vector.key) == vector.answer)
  }

  @Test("streams equal those of the independent implementation")
  func matchesFixture() throws {
    let streams = try Self.streams()
    #expect(streams.count == 5)
    for stream in streams {
      var generator = try stream.generator
      #expect((0..<stream.words.count).map { _ in generator.nextUInt32() } == stream.words)
      generator = try stream.generator
      let permutation = generator.permutation(count: 50)
      #expect(permutation == stream.permutation)
      #expect(permutation.sorted() == Array(0..<50))
      generator = try stream.generator
      #expect(stream.large.map { _ in generator.integer(below: 3_000_000_000) } == stream.large)
      generator = try stream.generator
      #expect(filled(9) { generator.fillUniform($0, radius: 8 / 255) } == stream.ball)
      generator = try stream.generator
      let normals = filled(7) { generator.fillNormal($0) }
      for (value, expected) in zip(normals, stream.normals) { #expect(abs(value - expected) < 1e-6) }
    }
  }

  @Test("every field alone changes the stream, and the same fields repeat it")
  func fieldsAreIndependent() {
    let streams = [
      Generator(seed: 1, purpose: .pose), Generator(seed: 2, purpose: .pose), Generator(seed: 1 << 32, purpose: .pose),
      Generator(seed: 1, purpose: .shuffle), Generator(seed: 1, purpose: .pose, epoch: 1),
      Generator(seed: 1, purpose: .pose, image: 1), Generator(seed: 1, purpose: .pose, restart: 1),
      Generator(seed: 1, purpose: .pose, step: 1),
    ]
    let words = streams.map { stream in
      var stream = stream
      return (0..<64).map { _ in stream.nextUInt32() }
    }
    #expect(Set(words.joined()).count == words.count * 64)
    var again = Generator(seed: 1, purpose: .pose)
    #expect((0..<64).map { _ in again.nextUInt32() } == words[0])
  }

  @Test("the purposes keep their numbers, since a seed's meaning hangs on them")
  func purposes() {
    #expect(Purpose.allCases.map(\.rawValue) == Array(0..<10))
    #expect(Purpose.initialWeights.rawValue == 0)
    #expect(Purpose.shuffle.rawValue == 1)
    #expect(Purpose.attackStart.rawValue == 2)
    #expect(Purpose.dropout.rawValue == 3)
    #expect(Purpose.pose.rawValue == 4)
    #expect(Purpose.augmentation.rawValue == 5)
    #expect(Purpose.split.rawValue == 6)
    #expect(Purpose.sample.rawValue == 7)
  }

  @Test("uniform numbers lie in 0 ..< 1, on the grid of 2^-24, with the right moments")
  func uniformMoments() {
    var generator = Generator(seed: 11, purpose: .sample)
    let values = (0..<100_000).map { _ in generator.uniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 && ($0 * 0x1p24).rounded() == $0 * 0x1p24 })
    let (mean, variance) = moments(values)
    #expect(abs(mean - 0.5) < 4 * (1.0 / 12 / 100_000).squareRoot())
    #expect(abs(variance - 1.0 / 12) < 0.001)
    for bin in 0..<10 {
      let share = Double(values.count { $0 >= Float(bin) / 10 && $0 < Float(bin + 1) / 10 }) / 100_000
      #expect(abs(share - 0.1) < 0.004)
    }
  }

  @Test("normal numbers have mean 0, the given deviation and the tails of a normal distribution")
  func normalMoments() {
    var generator = Generator(seed: 12, purpose: .initialWeights)
    let values = filled(100_001) { generator.fillNormal($0, standardDeviation: 2) }
    let (mean, variance) = moments(values)
    #expect(abs(mean) < 4 * 2 / 100_000.0.squareRoot())
    #expect(abs(variance - 4) < 0.08)
    let fourth = values.reduce(0.0) { $0 + pow(Double($1) / 2, 4) } / Double(values.count)
    #expect(abs(fourth - 3) < 0.15)
    #expect(abs(Double(values.count { abs($0) > 2 * 1.96 }) / 100_001 - 0.05) < 0.003)
  }

  @Test("ranges and radii bound what is drawn")
  func ranges() {
    var generator = Generator(seed: 13, purpose: .pose)
    let inRange = filled(10_000) { generator.fillUniform($0, in: -30...90) }
    #expect(inRange.allSatisfy { (-30...90).contains($0) })
    #expect(abs(moments(inRange).mean - 30) < 1.5)
    #expect(filled(10) { generator.fillUniform($0, in: 5...5) } == [Float](repeating: 5, count: 10))
    let ball = filled(10_000) { generator.fillUniform($0, radius: 0.3) }
    #expect(ball.allSatisfy { abs($0) <= 0.3 })
    #expect(abs(moments(ball).mean) < 0.01)
    #expect(filled(10) { generator.fillUniform($0, radius: 0) }.allSatisfy { $0 == 0 })
  }

  @Test("a fill yields what as many single draws would, wherever in a block it begins", arguments: 0..<9)
  func fillsEqualDraws(skipped: Int) {
    for count in [0, 1, 3, 4, 5, 18] {
      var (filling, drawing) = (Generator(seed: 17, purpose: .sample), Generator(seed: 17, purpose: .sample))
      for _ in 0..<skipped { #expect(filling.nextUInt32() == drawing.nextUInt32()) }
      #expect(
        filled(count) { filling.fillUniform($0, in: -1...3) } == (0..<count).map { _ in drawing.uniform(in: -1...3) })
      let mask = filled(count) { filling.fillBernoulli($0, probability: 0.5) }
      #expect(mask == (0..<count).map { _ in drawing.uniform() < 0.5 ? 1 : 0 })
      #expect(filling.nextUInt32() == drawing.nextUInt32())
    }
  }

  @Test("dropout's mask holds 0 and the value, in the asked share")
  func bernoulli() {
    var generator = Generator(seed: 14, purpose: .dropout, step: 3)
    let mask = filled(40_000) { generator.fillBernoulli($0, probability: 0.75, value: 4 / 3) }
    #expect(Set(mask) == [0, Float(4) / 3])
    #expect(abs(Double(mask.count { $0 != 0 }) / 40_000 - 0.75) < 0.01)
    #expect(filled(100) { generator.fillBernoulli($0, probability: 0) }.allSatisfy { $0 == 0 })
    #expect(filled(100) { generator.fillBernoulli($0, probability: 1) }.allSatisfy { $0 == 1 })
  }

  @Test("a bounded integer reaches every number about equally often")
  func boundedIntegers() {
    var generator = Generator(seed: 15, purpose: .shuffle)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 400 })
    #expect(generator.integer(below: 1) == 0)
  }

  @Test("a permutation holds every index once, whatever its length", arguments: [0, 1, 2, 3, 1000])
  func permutations(count: Int) {
    var generator = Generator(seed: 16, purpose: .shuffle, epoch: 5)
    let order = generator.permutation(count: count)
    #expect(order.sorted() == Array(0..<count))
    if count == 1000 { #expect(order != Array(0..<count)) }
  }

  private func filled(_ count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: .nan)
      fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
  }

  private func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    return (mean, values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count))
  }
}
