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
    // Not before: what it copies would count as memory of the program that is timed.
    let bandwidth = MemoryBandwidth(threads: threads)
    let total = calls.reduce(0) { $0 + $1.seconds }
    return calls.enumerated().map { index, call in
      let gigaflops = 2 * Double(call.multiplyAdds) / call.seconds / 1e9
      return BenchmarkStepRecord(
        architecture: architecture.rawValue, program: program, batch: plan.batchSize, position: index + 1,
        step: call.step, operation: call.operation, pass: call.pass.rawValue,
        algorithm: call.algorithm.isEmpty ? nil : call.algorithm, layout: call.layout,
        implementation: call.implementation, milliseconds: call.seconds * 1000,
        gigaflopsPerSecond: call.multiplyAdds > 0 ? gigaflops : nil, bytes: call.byteCount,
        roofShare: roofSeconds(of: call, bandwidth).map { $0 / call.seconds },
        share: total > 0 ? call.seconds / total : 0)
    }
  }

  /// The seconds that `call` takes at least, by its multiply-adds or by its bytes, whichever take longer.
  ///
  /// The roofline model of Williams, Waterman and Patterson (2009). Winograd's algorithm needs fewer multiply-adds than
  /// are counted, and what still lies in a cache is not fetched, so that a call may stay below.
  private func roofSeconds(of call: CallProfile, _ bandwidth: MemoryBandwidth) -> Double? {
    let computing = call.multiplyAdds > 0 ? 2 * Double(call.multiplyAdds) / (peak.gigaflopsPerSecond * 1e9) : nil
    let moving = call.byteCount.map { Double($0) / (bandwidth.gigabytesPerSecond * 1e9) }
    return [computing, moving].compactMap(\.self).max()
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
