#if CUSP_ONEDNN
  import OneDNNBackend
#endif

/// What keeps oneDNN from computing.
public struct EngineObstacle: Sendable {
  /// What is wrong.
  public let reason: String
  /// What to do about it.
  public let remedy: String

  /// What keeps this program from computing by oneDNN, which is loaded by this question; nil where nothing does.
  public static var current: EngineObstacle? {
    #if CUSP_ONEDNN
      OneDNNBackend.problem.map { problem in
        EngineObstacle(
          reason: "oneDNN is not here (\(problem))",
          remedy: "install it (Debian: apt install libdnnl\(OneDNNBackend.libraryVersion), macOS: brew install onednn)")
      }
    #else
      EngineObstacle(reason: "built without oneDNN", remedy: "install libdnnl-dev and build again")
    #endif
  }
}
