/// Packs weights for handwritten products where training has changed them, on all threads.
struct PackingPass: HandwrittenPass {
  private let filter: any PackedFilter
  private let source, destination: Memory
  private let threads = Threads.current

  /// From `source`, row-major, into `destination`.
  init(_ filter: any PackedFilter, from source: Memory, into destination: Memory) {
    (self.filter, self.source, self.destination) = (filter, source, destination)
  }

  var memories: [Memory] { [source, destination] }
  var algorithm: String { filter.algorithm.rawValue }
  var layoutText: String { source.layout.text }
  var implementation: String { "pack" }

  /// Runs on all threads.
  func run() { filter.pack(UnsafeBufferPointer(source.floats), into: destination.floats, on: threads) }
}
