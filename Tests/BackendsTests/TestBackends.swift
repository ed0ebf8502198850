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
  /// By how much pixels may differ after an attack; Winograd's rounding may turn a ReLU near its kink on the way, which
  /// a Euclidean step then follows.
  let pixelTolerance: Double
  /// The backend with so many threads.
  let make: @Sendable (_ threads: Int) throws -> any Backend

  var testDescription: String { name }
}

enum TestBackends {
  static let portable = TestBackend(name: "portable", ignoresThreads: true, pixelTolerance: 1e-5) {
    PortableBackend(threads: $0)
  }

  #if CUSP_ONEDNN
    static let all = [
      portable,
      TestBackend(name: "onednn", ignoresThreads: false, pixelTolerance: 1e-3) { try OneDNNBackend(threads: $0) },
    ]
  #else
    static let all = [portable]
  #endif
}
