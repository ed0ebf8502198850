public import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A program that computes with an engine.
public protocol EngineCommand: ToolCommand {
  /// How it computes, an `@OptionGroup`.
  var engine: EngineOptions { get }
}

extension EngineCommand {
  /// Lets idle threads of GNU OpenMP, which oneDNN brings, look for work about 50 microseconds and then sleep, unless
  /// the user has chosen. OpenMP looks for it when it is loaded, which is when the engine is made.
  ///
  /// Its default lets them spin for milliseconds on cores that this process's other threads, and other processes,
  /// could use. The gaps between two kernels of a network are shorter than the bound.
  public static func prepareEnvironment() {
    guard getenv("OMP_WAIT_POLICY") == nil else { return }
    setenv("GOMP_SPINCOUNT", "1000", 0)
  }
}
