#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The terminal that this program was started from.
public enum Terminal {
  /// How many columns it has; 80 where there is none.
  public static var columns: Int {
    let terminal = open("/dev/tty", O_RDONLY)
    guard terminal >= 0 else { return 80 }
    defer { close(terminal) }
    var size = winsize()
    guard ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether people want colours on it: not with `NO_COLOR`, nor where it has none.
  public static var showsColours: Bool {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    return variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
  }
}
