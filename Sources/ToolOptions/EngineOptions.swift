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

/// What computes.
public enum EngineChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// The fastest that there is.
  case auto
  /// oneDNN.
  case onednn
  /// Plain Swift: the reference, and what there is where oneDNN is not.
  case portable
}

/// How a program computes: the one place that picks a backend.
public struct EngineOptions: ParsableArguments {
  /// What computes.
  @Option(name: .customLong("engine"), help: "What computes: auto, the fastest that there is, onednn or portable.")
  public var choice: EngineChoice = .auto

  /// How many threads compute; `nil` for one a core.
  @Option(help: "Threads to compute with; the default is one a core.")
  public var threads: Int?

  /// How the algorithms of convolutions are chosen; `nil` for the fixed rule.
  @Flag(help: "How to choose the algorithms of convolutions; by default a fixed rule does.")
  public var algorithms: AlgorithmOption?

  /// As many threads as there are cores, algorithms by the fixed rule.
  public init() {}

  /// Refuses a number of threads that means nothing, and a choice of algorithms where there is none.
  public func validate() throws {
    if choice == .portable, let algorithms {
      throw ValidationError("--\(algorithms.rawValue): the portable engine has one algorithm; leave it out")
    }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): give 1 to 1024") }
  }

  /// How many threads compute: those chosen, else one a core.
  public var threadCount: Int { threads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// The backend that was chosen, or the fastest that there is; tells people when that is the slow one.
  ///
  /// - Parameter checkpointsActivations: Whether training computes most activations anew on the way back.
  /// - Throws: `Failure` when the one chosen is not there, the system does not give so many threads or the library
  ///   underneath refuses.
  public func makeBackend(
    _ diagnostics: Diagnostics, checkpointsActivations: Bool = false
  ) throws -> any Backend {
    try requireThreads(threadCount)
    let obstacle = self.obstacle
    #if CUSP_ONEDNN
      if choice != .portable, obstacle == nil {
        return try OneDNNBackend(
          threads: threadCount, algorithms: choice(diagnostics), checkpointsActivations: checkpointsActivations)
      }
    #endif
    if choice == .onednn, let obstacle {
      throw Failure(.usage, "--engine onednn: \(obstacle.reason); \(obstacle.remedy)")
    }
    if checkpointsActivations {
      let why = obstacle.map { ", and \($0.reason)" } ?? ""
      throw Failure(.usage, "--checkpoint-activations: the portable engine keeps all activations\(why); leave it out")
    }
    let portable = PortableBackend(threads: threadCount)
    guard let obstacle else { return portable }
    return SlowBackend(portable, because: obstacle, diagnostics)
  }

  /// What keeps the fast engine from computing, where people have not chosen so themselves; nil where nothing does.
  public var obstacle: EngineObstacle? { choice == .portable ? nil : EngineObstacle.current }

  /// Whether evaluation may compute convolutions by Winograd's algorithm, by the engine chosen and on this processor.
  public var supportsWinograd: Bool {
    #if CUSP_ONEDNN
      choice != .portable && OneDNNBackend.supportsWinograd
    #else
      false
    #endif
  }

  /// The vector instructions that handwritten kernels take: `avx512`, `avx2`, `neon` or `portable`.
  public var instructionSet: String {
    #if CUSP_ONEDNN
      choice == .portable ? "portable" : OneDNNBackend.instructionSet
    #else
      "portable"
    #endif
  }

  /// The sizes of the data caches that handwritten kernels cut their work by, in bytes, the nearest first; none where there are
  /// no such kernels.
  public var cacheSizes: [Int] {
    #if CUSP_ONEDNN
      choice == .portable ? [] : [Caches.found.first, Caches.found.second, Caches.found.last]
    #else
      []
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
