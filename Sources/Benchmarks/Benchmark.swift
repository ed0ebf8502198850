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
    let batchSize = batchSize ?? graph.evaluationBatchSize
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
}
