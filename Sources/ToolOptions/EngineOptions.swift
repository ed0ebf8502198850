public import ArgumentParser
public import Evaluation
import Failures
import PortableBackend
public import Programs
public import ToolSupport

#if CUSP_ONEDNN
  import OneDNNBackend
#endif
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension AlgorithmOption: EnumerableFlag {
  /// What each flag does.
  public static func help(for value: AlgorithmOption) -> ArgumentHelp? {
    switch value {
    case .direct: "Compute every convolution directly: slower, with the least rounding."
    case .autotune: "Measure the algorithms of every convolution, take the fastest and say which; bits depend on it."
    }
  }
}

/// How a program computes: the one place that picks a backend.
public struct EngineOptions: ParsableArguments {
  /// How many threads compute; `nil` for one a core.
  @Option(help: "Threads to compute with; the default is one a core.")
  public var threads: Int?

  /// How the algorithms of convolutions are chosen; `nil` for the fixed rule.
  @Flag(help: "How to choose the algorithms of convolutions; by default a fixed rule does.")
  public var algorithms: AlgorithmOption?

  /// As many threads as there are cores, algorithms by the fixed rule.
  public init() {}

  /// Refuses a number of threads that means nothing.
  public func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): give 1 to 1024") }
  }

  /// How many threads compute: those chosen, else one a core.
  public var threadCount: Int { threads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// The fastest backend of this build; tells people when that is the slow one.
  ///
  /// - Throws: `Failure` when the system does not give so many threads or the library underneath refuses.
  public func makeBackend(_ diagnostics: Diagnostics) throws -> any Backend {
    try requireThreads(threadCount)
    #if CUSP_ONEDNN
      return try OneDNNBackend(threads: threadCount, algorithms: choice(diagnostics))
    #else
      return SlowBackend(PortableBackend(threads: threadCount), diagnostics)
    #endif
  }

  /// Whether this build has the fast engine.
  public static var hasOneDNN: Bool {
    #if CUSP_ONEDNN
      true
    #else
      false
    #endif
  }

  /// Whether evaluation may compute convolutions by Winograd's algorithm in this build and on this processor.
  public static var supportsWinograd: Bool {
    #if CUSP_ONEDNN
      OneDNNBackend.supportsWinograd
    #else
      false
    #endif
  }

  #if CUSP_ONEDNN
    private func choice(_ diagnostics: Diagnostics) -> AlgorithmChoice {
      switch algorithms {
      case nil: .fixedRule
      case .direct: .always(.direct)
      case .autotune: .measured(MeasuredAlgorithms { diagnostics.note("autotune: \($0)") })
      }
    }
  #endif
}
