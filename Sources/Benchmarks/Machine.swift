import CProcessor
import Files

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What this machine is, and how much of it this process may use, as the system tells it.
public enum Machine {
  /// The widest vector instructions that kernels can take here: `AVX-512`, `AVX2`, `SSE` or `NEON`.
  public static var vectorInstructions: String { String(cString: cusp_vector_instructions()) }

  /// How many cores there are.
  public static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// How many cores this process may use: fewer than there are where `taskset` or a container bounds it.
  public static var usableCoreCount: Double {
    let bounds = [allowed(by: lines(of: "/proc/self/status")), quota].compactMap(\.self)
    return bounds.reduce(Double(coreCount)) { min($0, $1) }
  }

  /// How many threads computed or waited for a core in the last minute, on average; nil where the system does not say.
  public static var load: Double? {
    var loads = [0.0]
    return getloadavg(&loads, 1) == 1 ? loads[0] : nil
  }

  /// The processor's name; nil where the system does not say.
  public static var processorName: String? {
    #if canImport(Darwin)
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0 else { return nil }
      var name = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return nil }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #else
      return value(of: "model name", in: lines(of: "/proc/cpuinfo"))
    #endif
  }

  /// How many bytes of memory programs may still take without others leaving it; nil where the system does not say.
  public static var availableMemory: Int? { kibibytes("MemAvailable") }

  /// How many bytes of memory there are; nil where the system does not say.
  public static var memory: Int? {
    let (pages, bytes) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && bytes > 0 ? pages * bytes : nil
  }

  private static func kibibytes(_ name: String) -> Int? {
    guard let text = value(of: name, in: lines(of: "/proc/meminfo")) else { return nil }
    return text.split(separator: " ").first.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// The time that the control group grants, in cores; nil for as much as there is.
  private static var quota: Double? {
    let group = lines(of: "/proc/self/cgroup").first { $0.hasPrefix("0::/") }.map { String($0.dropFirst(3)) } ?? "/"
    for folder in ["/sys/fs/cgroup\(group)", "/sys/fs/cgroup"] {
      if let cores = lines(of: "\(folder)/cpu.max").first.flatMap(cores(ofQuota:)) { return cores }
    }
    return nil
  }

  /// As `150000 100000`, microseconds of computing in so many of time, are 1.5 cores; nil for `max 100000`.
  package static func cores(ofQuota text: String) -> Double? {
    let numbers = text.split(separator: " ").map { Double($0) }
    guard numbers.count == 2, let time = numbers[0], let period = numbers[1], period > 0 else { return nil }
    return time / period
  }

  /// How many cores `Cpus_allowed_list` names among the lines of a process's status, as in `0-2,5`.
  package static func allowed(by status: [String]) -> Double? {
    guard let list = value(of: "Cpus_allowed_list", in: status) else { return nil }
    var count = 0
    for range in list.split(separator: ",") {
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, last >= first else { return nil }
      count += last - first + 1
    }
    return count > 0 ? Double(count) : nil
  }

  /// What follows `NAME:` in the first line that begins with it.
  private static func value(of name: String, in lines: [String]) -> String? {
    for line in lines where line.hasPrefix(name) {
      let rest = line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
      if rest.first == ":" { return String(rest.dropFirst().drop { $0 == " " || $0 == "\t" }) }
    }
    return nil
  }

  /// The lines of a file of the system's; none where there is no such file.
  private static func lines(of path: String) -> [String] {
    guard let bytes = try? readBytes(path: path, limit: 1 << 22) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
