// Reads damaged files, as many as the time allows, and says how many; a finding stays in a file.
//   fuzz TARGET SECONDS SEED FIXTURES FOLDER     one reader, in this process
//   fuzz files COUNT SEED FIXTURES FOLDER TOOL   files of all formats through the program cusp-convert

import Failures
import Files
import Foundation

@main
enum Fuzz {
  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      guard words.count >= 5, let amount = Int(words[1]), let seed = UInt64(words[2]) else {
        throw Failure(.usage, "fuzz TARGET SECONDS SEED FIXTURES FOLDER; targets: \(Target.allCases.map(\.rawValue))")
      }
      if words[0] == "files", words.count == 6 {
        try DamagedFiles(fixtures: words[3], folder: words[4], tool: words[5]).run(amount, seed: seed)
      } else if let target = Target(rawValue: words[0]) {
        try run(target, seconds: amount, seed: seed, fixtures: words[3], folder: words[4])
      } else {
        throw Failure(.usage, "fuzz: no target \(words[0])")
      }
    } catch {
      FileHandle.standardError.write(Data("fuzz: \(words.first ?? ""): \(error)\n".utf8))
      exit(1)
    }
  }

  /// Fuzzes one reader. The bytes lie in a file before they are read, so that they are there after a crash.
  private static func run(_ target: Target, seconds: Int, seed: UInt64, fixtures: String, folder: String) throws {
    limitMemory()
    let seeds = try target.load(fixtures)
    guard !seeds.isEmpty else { throw Failure(.noInput, "no seeds below \(fixtures)") }
    var mutator = Mutator(seed: seed)
    let path = "\(folder)/\(target.rawValue)"
    let end = ContinuousClock.now + .seconds(seconds)
    var (count, accepted, slowest) = (0, 0, Duration.zero)
    while ContinuousClock.now < end {
      let bytes = count < seeds.count ? seeds[count] : target.mutate(seeds, by: &mutator)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      // A reader that hangs is ended by this signal, and its file stays.
      alarm(5)
      let start = ContinuousClock.now
      if try target.accepts(bytes, path: path) { accepted += 1 }
      slowest = max(slowest, ContinuousClock.now - start)
      count += 1
    }
    alarm(0)
    try FileManager.default.removeItem(atPath: path)
    let share = 100 * accepted / max(count, 1)
    print(
      "\(target.rawValue): \(count) executions, \(share) % accepted, slowest \(milliseconds(slowest)) ms, \(peak()) MiB"
    )
  }

  private static func limitMemory() {
    // What the program has mapped by itself, and 1 GiB.
    var limit = rlimit(rlim_cur: 3 << 30, rlim_max: 3 << 30)
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit)
  }

  private static func peak() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}

/// The names of the files in `folder`, sorted.
func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
