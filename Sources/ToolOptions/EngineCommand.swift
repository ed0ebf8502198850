public import ToolSupport

/// A program that computes with an engine.
public protocol EngineCommand: ToolCommand {
  /// How it computes, an `@OptionGroup`.
  var engine: EngineOptions { get }
}

#if CUSP_ONEDNN
  extension EngineCommand {
    /// Lets idle threads of GNU OpenMP, which oneDNN brings, look for work about 50 microseconds and then sleep.
    ///
    /// Its default lets them spin for milliseconds on cores that this process's other threads, and other processes, could
    /// use. The gaps between two kernels of a network are shorter than the bound.
    public static var startupVariable: StartupVariable? {
      StartupVariable(name: "GOMP_SPINCOUNT", value: "1000", alternatives: ["OMP_WAIT_POLICY"])
    }
  }
#endif
