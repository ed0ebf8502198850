import PortableBackend
import Programs
import Testing

/// A backend under test; every test of this target that takes one runs for all of them.
struct TestBackend: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether the number of threads changes no bit of any result.
  let ignoresThreads: Bool
  /// The backend with so many threads.
  let make: @Sendable (_ threads: Int) -> any Backend

  var testDescription: String { name }
}

enum TestBackends {
  static let all: [TestBackend] = [
    TestBackend(name: "portable", ignoresThreads: true) { PortableBackend(threads: $0) }
  ]
}
