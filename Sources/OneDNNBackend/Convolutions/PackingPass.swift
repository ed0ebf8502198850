import Synchronization

/// Packs weights for handwritten products where training has changed them, on all threads.
final class PackingPass: HandwrittenPass {
  private let filter: any PackedFilter
  private let source, destination: Memory
  private let threads: Threads
  private let nextInput = Atomic(0)

  /// From `source`, row-major, into `destination`.
  init(_ filter: any PackedFilter, from source: Memory, into destination: Memory) {
    (self.filter, self.source, self.destination) = (filter, source, destination)
    threads = Threads.current
  }

  var memories: [Memory] { [source, destination] }
  var algorithm: String { filter.algorithm.rawValue }
  var layoutText: String { source.layout.text }
  var implementation: String { "pack" }

  func run() {
    nextInput.store(0, ordering: .relaxed)
    threads.run(Unmanaged.passUnretained(self).toOpaque()) { context in
      guard let context else { return }
      Unmanaged<PackingPass>.fromOpaque(context).takeUnretainedValue().work()
    }
  }

  /// Packs what no other thread has taken.
  private func work() {
    let share = 16
    while true {
      let first = nextInput.wrappingAdd(share, ordering: .relaxed).oldValue
      guard first < filter.inputs else { return }
      let inputs = first..<min(first + share, filter.inputs)
      filter.pack(UnsafeBufferPointer(source.floats), into: destination.floats, inputs: inputs)
    }
  }
}
