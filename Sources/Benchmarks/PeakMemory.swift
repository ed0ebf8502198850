import Files

#if canImport(Darwin)
  import Darwin
#endif

/// The most memory that this process has held in RAM at once so far, in bytes; 0 where it is not known.
///
/// On Linux that is `VmHWM` of `/proc/self/status`; `getrusage` counts what the process held before `exec`, too.
public func peakResidentBytes() -> Int {
  #if canImport(Darwin)
    var usage = rusage()
    return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
  #else
    let text = try? readBytes(path: "/proc/self/status", limit: 1 << 20)
    return text.flatMap { highWaterMark(inStatus: String(decoding: $0, as: UTF8.self)) } ?? 0
  #endif
}

/// The bytes after `VmHWM:` in the text of `/proc/self/status`; nil where there are none.
package func highWaterMark(inStatus text: String) -> Int? {
  guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }) else { return nil }
  let words = line.split { $0 == " " || $0 == "\t" }
  guard words.count == 3, words[2] == "kB", let count = Int(words[1]), count < 1 << 50 else { return nil }
  return count * 1024
}
