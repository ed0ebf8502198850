#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An environment variable that a library reads while it is loaded, so before any line of the program runs.
public struct StartupVariable: Sendable {
  /// Its name.
  public let name: String
  /// What it is set to, unless the user has chosen.
  public let value: String
  /// Other variables by which the user may have chosen.
  public let alternatives: [String]

  /// The variable `name`, to be `value` unless it or one of `alternatives` is set.
  public init(name: String, value: String, alternatives: [String]) {
    (self.name, self.value, self.alternatives) = (name, value, alternatives)
  }

  /// Sets the variable and starts the program again, in the same process and with the same arguments; returns where the
  /// user has chosen, after the second start, and where the system does not tell the program's file.
  func apply() {
    guard ([name] + alternatives).allSatisfy({ getenv($0) == nil }), setenv(name, value, 1) == 0 else { return }
    var path = [CChar](repeating: 0, count: 4097)
    // By its name, lest the process be called `exe` afterwards.
    guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else { return }
    execv(path, CommandLine.unsafeArgv)
  }
}
