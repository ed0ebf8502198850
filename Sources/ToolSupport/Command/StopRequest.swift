import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A signal that asks a program to save what it has and to leave: SIGINT, SIGTERM, or SIGUSR1 as batch systems send it
/// before they take the machine away.
public struct StopRequest: Equatable, Sendable {
  /// The signal's number.
  public let signal: Int32

  /// The request that `signal` stands for, as where it came to another process of the same job.
  public init(signal: Int32) { self.signal = signal }

  /// The request that has come, if any.
  public static var pending: StopRequest? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : StopRequest(signal: signal)
  }

  /// Notes these signals from now on instead of ending the program; the same signal a second time ends it at once.
  public static func watch() {
    received.store(0, ordering: .relaxed)
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = note
    #else
      action.__sigaction_handler.sa_handler = note
    #endif
    // Writes on the way to the disk are to go on as if nothing had come.
    action.sa_flags = Int32(SA_RESTART) | Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND))
    for signal in [SIGINT, SIGTERM, SIGUSR1] { sigaction(signal, &action, nil) }
  }

  /// As a shell calls it, `SIGTERM`.
  public var name: String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGUSR1: "SIGUSR1"
    default: "signal \(signal)"
    }
  }

  /// The status to leave with once everything is saved: 75, "try again", for SIGUSR1, else what a shell gives the signal.
  public var exitStatus: Int32 { signal == SIGUSR1 ? 75 : 128 + signal }
}

private let received = Atomic<Int32>(0)

/// Does only what may be done in a signal handler.
private func note(_ signal: Int32) { received.store(signal, ordering: .relaxed) }
