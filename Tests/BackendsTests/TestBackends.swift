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
  /// The same, computing convolutions directly, which rounds least: in a deep network Winograd's algorithm decides a ReLU or
  /// pooling otherwise somewhere.
  let direct: @Sendable (_ threads: Int) throws -> any Backend

  /// The backend for the training of a network by name: direct where a ReLU of the reference is on the edge, at less than 1e-6.
  func make(_ threads: Int, training name: String) throws -> any Backend {
    try ["resnet18", "vgg19"].contains(name) ? direct(threads) : make(threads)
  }

  var testDescription: String { name }
}

enum TestBackends {
  static let portable = TestBackend(
    name: "portable", ignoresThreads: true, make: { PortableBackend(threads: $0) },
    direct: { PortableBackend(threads: $0) })

  #if CUSP_ONEDNN
    static let all = [
      portable,
      TestBackend(
        name: "onednn", ignoresThreads: false, make: { try OneDNNBackend(threads: $0) },
        direct: { try OneDNNBackend(threads: $0, algorithms: .always(.direct)) }),
    ]
  #else
    static let all = [portable]
  #endif
}
