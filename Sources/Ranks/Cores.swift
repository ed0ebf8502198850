#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The cores of this machine.
public enum Cores {
  /// How many there are.
  public static var count: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// How many of them this process may use: launchers bind ranks to cores.
  public static var allowed: Int { allowed(by: status) ?? count }

  /// How many bits the mask in `status`, a text such as that of `/proc/self/status`, has; nil without one.
  package static func allowed(by status: String) -> Int? {
    let name = "Cpus_allowed:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    let words = line.dropFirst(name.count).drop { $0 == "\t" || $0 == " " }.split(separator: ",")
    let masks = words.map { UInt64($0, radix: 16) }
    guard !masks.isEmpty, masks.allSatisfy({ $0 != nil }) else { return nil }
    let bits = masks.reduce(0) { $0 + ($1?.nonzeroBitCount ?? 0) }
    return bits == 0 ? nil : bits
  }

  /// What Linux says of this process; empty elsewhere.
  private static var status: String {
    let file = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var (text, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while case let count = read(file, &bytes, bytes.count), count > 0 { text += bytes.prefix(count) }
    return String(decoding: text, as: UTF8.self)
  }
}
