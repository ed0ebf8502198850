import Failures
public import Networks
public import Programs
public import Records

/// Times programs of networks on one backend.
public struct Benchmark {
  /// Images of a batch; nil for each network's own.
  public var batchSize: Int?
  /// Images of an `attackEpoch`; nil for eight batches.
  public var imageCount: Int?
  /// How often each program is timed.
  public var repeats: Int
  /// How many threads `backend` computes with.
  public let threads: Int
  private let backend: any Backend
  private let peak: ProcessorPeak

  /// Measures what `threads` threads of this machine can do at most, before an engine starts threads of its own.
  public init(batchSize: Int?, imageCount: Int?, repeats: Int, threads: Int, on backend: any Backend) {
    (self.batchSize, self.imageCount, self.repeats, self.threads) = (batchSize, imageCount, repeats, threads)
    self.backend = backend
    peak = ProcessorPeak(threads: threads)
  }

  /// Times `program` of `architecture`.
  ///
  /// - Throws: `Failure` when the engine refuses or fails.
  public func record(_ program: BenchmarkRecord.Program, of architecture: Architecture) throws -> BenchmarkRecord {
    let graph = try NetworkGraph(architecture.definition())
    let batchSize = batchSize ?? graph.batchSize(of: program)
    let workload = try Workload(
      program, of: graph, batchSize: batchSize, imageCount: imageCount ?? 8 * batchSize, on: backend)
    let timing = try Timing(repeats: repeats, of: workload.run)
    let images = Double(workload.imagesPerCall)
    let gigaflops = 2 * Double(workload.multiplyAddsPerImage) * images / timing.median / 1e9
    return BenchmarkRecord(
      architecture: architecture.rawValue, program: program, batch: batchSize, precision: "float32", threads: threads,
      imagesPerSecond: images / timing.median, best: images / timing.best, gigaflopsPerSecond: gigaflops,
      peakShare: gigaflops / peak.gigaflopsPerSecond, backend: backend.name, repeats: repeats,
      images: workload.imagesPerCall, peakResidentBytes: peakResidentBytes())
  }

  /// Times every call of `program` of `architecture` on its own, in the order they run.
  ///
  /// - Throws: `Failure` when the engine refuses, or for an `attackEpoch`, which is made of two programs.
  public func steps(
    of program: BenchmarkRecord.Program, of architecture: Architecture
  ) throws -> [BenchmarkStepRecord] {
    let purpose: Plan.Purpose =
      switch program {
      case .inference: .inference
      case .inputGradient: .inputGradient
      case .training: .training
      case .attackEpoch:
        throw Failure(.usage, "an attack-epoch has no layers of its own: take input-gradient and training")
      }
    let graph = try NetworkGraph(architecture.definition())
    let plan = Plan(graph, for: purpose, batchSize: batchSize ?? graph.batchSize(of: program))
    let parameters = Parameters(initializing: graph, seed: 0)
    let calls = try backend.profile(plan, parameters: parameters, repeats: repeats)
    let total = calls.reduce(0) { $0 + $1.seconds }
    return calls.enumerated().map { index, call in
      let gigaflops = 2 * Double(call.multiplyAdds) / call.seconds / 1e9
      return BenchmarkStepRecord(
        architecture: architecture.rawValue, program: program, batch: plan.batchSize, position: index + 1,
        step: call.step, operation: call.operation, pass: call.pass.rawValue,
        algorithm: call.algorithm.isEmpty ? nil : call.algorithm, layout: call.layout,
        implementation: call.implementation, milliseconds: call.seconds * 1000,
        gigaflopsPerSecond: call.multiplyAdds > 0 ? gigaflops : nil, share: total > 0 ? call.seconds / total : 0)
    }
  }
}

extension NetworkGraph {
  /// How many images a batch has where nobody says: that of attacks, and in training the customary 128, or 32 where an
  /// image costs more than a billion multiply-adds.
  fileprivate func batchSize(of program: BenchmarkRecord.Program) -> Int {
    switch program {
    case .inference, .inputGradient: evaluationBatchSize
    case .training, .attackEpoch: multiplyAdds > 1_000_000_000 ? 32 : 128
    }
  }
}
