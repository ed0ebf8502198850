import Programs

/// Expands the filters of a group convolution, or sums their gradient back, on all threads; all numbers lie row-major.
struct FilterPass: HandwrittenPass {
  private let source, destination: Memory
  private let work: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Range<Int>?) -> Void
  private let outputs: Int
  private let threads = Threads.current
  let implementation: String

  /// Writes the filters that `parameter` comes to into `filters`.
  init(_ expansion: FilterExpansion, expanding parameter: Memory, into filters: Memory) {
    (source, destination, implementation) = (parameter, filters, "expand")
    (work, outputs) = (expansion.expand, expansion.outputs)
  }

  /// Writes the gradient of the parameter into `gradient`, given that of the filters.
  init(_ expansion: FilterExpansion, summing filterGradient: Memory, into gradient: Memory) {
    (source, destination, implementation) = (filterGradient, gradient, "sum")
    (work, outputs) = (expansion.sum, expansion.outputs)
  }

  var memories: [Memory] { [source, destination] }
  var algorithm: String { "" }
  var layoutText: String { source.layout.text }

  func run() {
    guard let from = source.floats.baseAddress, let to = destination.floats.baseAddress else {
      preconditionFailure("memories are used before they are placed")
    }
    // Outputs do not see each other.
    let parts = min(outputs, 16)
    threads.spread(parts) { part in work(from, to, outputs * part / parts..<outputs * (part + 1) / parts) }
  }
}
