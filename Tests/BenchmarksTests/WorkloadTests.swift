import Benchmarks
import Failures
import Networks
import PortableBackend
import Records
import Testing

@Suite struct WorkloadTests {
  private let graph: NetworkGraph

  init() throws { graph = try NetworkGraph(Architecture.digitsCNN.definition()) }

  @Test("Operations are those of direct convolution: one, two, three and 23 forward passes")
  func multiplyAdds() throws {
    // 64 places by 9 taps by 1 and 16 channels to 16 and 32; then 512 to 64 to 10.
    let forward = 64 * 9 * 16 + 64 * 9 * 16 * 32 + 512 * 64 + 64 * 10
    let expected = [forward, 2 * forward, 3 * forward, 23 * forward]
    #expect(BenchmarkRecord.Program.allCases.map { Workload.multiplyAdds(of: $0, graph) } == expected)
  }

  @Test("Every program runs again and again", arguments: BenchmarkRecord.Program.allCases)
  func running(program: BenchmarkRecord.Program) throws {
    let workload = try Workload(
      program, of: graph, batchSize: 4, imageCount: 11, on: PortableBackend(threads: 1))
    for _ in 0..<2 { try workload.run() }
    #expect(workload.imagesPerCall == (program == .attackEpoch ? 8 : 4))
  }

  @Test("A network with norms and dropout runs, too", arguments: [Architecture.netMNIST, .vgg11])
  func otherNetworks(architecture: Architecture) throws {
    let graph = try NetworkGraph(architecture.definition())
    try Workload(.training, of: graph, batchSize: 2, imageCount: 2, on: PortableBackend(threads: 1)).run()
  }

  @Test("An epoch without a whole batch is refused")
  func shortEpoch() {
    #expect(throws: Failure.self) {
      try Workload(.attackEpoch, of: graph, batchSize: 4, imageCount: 3, on: PortableBackend(threads: 1))
    }
  }

  @Test("A record holds what was asked for, and numbers that fit each other")
  func record() throws {
    let benchmark = Benchmark(
      batchSize: 8, imageCount: nil, repeats: 2, threads: 1, on: PortableBackend(threads: 1))
    let record = try benchmark.record(.inputGradient, of: .digitsCNN)
    #expect(record.architecture == "digits-cnn")
    #expect(record.program == .inputGradient)
    #expect([record.batch, record.threads, record.repeats, record.images] == [8, 1, 2, 8])
    #expect(record.backend == "portable")
    #expect(record.best >= record.imagesPerSecond && record.imagesPerSecond > 0)
    let operations = 2 * Double(Workload.multiplyAdds(of: .inputGradient, graph)) * record.imagesPerSecond / 1e9
    #expect(abs(record.gigaflopsPerSecond / operations - 1) < 1e-9)
    #expect(record.peakShare > 0)
    #expect(record.peakResidentBytes > 1 << 20)
  }

  @Test("Calls of an engine that counts no bytes are measured by their multiply-adds alone, all against one peak")
  func roofs() throws {
    let benchmark = Benchmark(
      batchSize: 4, imageCount: nil, repeats: 1, threads: 1, on: PortableBackend(threads: 1))
    let steps = try benchmark.steps(of: .inputGradient, of: .digitsCNN)
    #expect(steps.allSatisfy { $0.bytes == nil && ($0.roofShare == nil) == ($0.gigaflopsPerSecond == nil) })
    let peaks = steps.compactMap { step in step.roofShare.map { (step.gigaflopsPerSecond ?? 0) / $0 } }
    #expect(peaks.count == 8)
    #expect(peaks.allSatisfy { $0 > 0 && abs($0 / peaks[0] - 1) < 1e-9 })
  }

  @Test("Memory moves bytes")
  func bandwidth() {
    #expect(MemoryBandwidth(threads: 1, repeats: 1).gigabytesPerSecond > 0)
  }
}
