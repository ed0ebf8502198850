import PortableBackend
import Programs
import Testing

#if CUSP_ONEDNN
  import OneDNNBackend
#endif

/// A backend under test; every test of this target that takes one runs for all of them.
struct TestBackend: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether the number of threads changes no bit of any result.
  let ignoresThreads: Bool
  /// The backend with so many threads.
  let make: @Sendable (_ threads: Int) throws -> any Backend

  var testDescription: String { name }
}

enum TestBackends {
  static let portable = TestBackend(name: "portable", ignoresThreads: true) {
    PortableBackend(threads: $0)
  }

  #if CUSP_ONEDNN
    static let all = [
      portable,
      TestBackend(name: "onednn", ignoresThreads: false) { try OneDNNBackend(threads: $0) },
    ]
  #else
    static let all = [portable]
  #endif
}
