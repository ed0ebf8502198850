import Programs

/// Expands the filters of a group convolution, or sums their gradient back; all numbers lie row-major.
struct FilterPass: HandwrittenPass {
  private let source, destination: Memory
  private let work: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  let implementation: String

  /// Writes the filters that `parameter` comes to into `filters`.
  init(_ expansion: FilterExpansion, expanding parameter: Memory, into filters: Memory) {
    (source, destination, implementation) = (parameter, filters, "expand")
    work = expansion.expand
  }

  /// Writes the gradient of the parameter into `gradient`, given that of the filters.
  init(_ expansion: FilterExpansion, summing filterGradient: Memory, into gradient: Memory) {
    (source, destination, implementation) = (filterGradient, gradient, "sum")
    work = expansion.sum
  }

  var memories: [Memory] { [source, destination] }
  var algorithm: String { "" }
  var layoutText: String { source.layout.text }

  func run() {
    guard let from = source.floats.baseAddress, let to = destination.floats.baseAddress else {
      preconditionFailure("memories are used before they are placed")
    }
    work(from, to)
  }
}
