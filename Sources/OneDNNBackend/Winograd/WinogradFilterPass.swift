import Synchronization

/// Transforms weights for Winograd's products where training has changed them, on all threads.
final class WinogradFilterPass: OwnPass {
  private let filter: WinogradFilter
  private let source, destination: Memory
  private let threads: Threads
  private let nextInput = Atomic(0)

  /// From `source`, row-major, into `destination`.
  init(_ filter: WinogradFilter, from source: Memory, into destination: Memory) {
    (self.filter, self.source, self.destination) = (filter, source, destination)
    threads = Threads.current
  }

  var memories: [Memory] { [source, destination] }
  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }
  var layoutText: String { source.layout.text }
  var implementation: String { "transform" }

  func run() {
    nextInput.store(0, ordering: .relaxed)
    threads.run(Unmanaged.passUnretained(self).toOpaque()) { context in
      guard let context else { return }
      Unmanaged<WinogradFilterPass>.fromOpaque(context).takeUnretainedValue().work()
    }
  }

  /// Transforms what no other thread has taken.
  private func work() {
    let share = 16
    while true {
      let first = nextInput.wrappingAdd(share, ordering: .relaxed).oldValue
      guard first < filter.inputs else { return }
      let inputs = first..<min(first + share, filter.inputs)
      filter.transform(UnsafeBufferPointer(source.floats), into: destination.floats, inputs: inputs)
    }
  }
}
