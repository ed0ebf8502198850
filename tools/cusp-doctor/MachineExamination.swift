import Benchmarks
import Records
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the machine has: processor, cores, memory, and who else uses them.
struct MachineExamination {
  /// How many threads would compute.
  let threads: Int

  var findings: [FindingRecord] {
    [processor, cores, load] + [waitPolicy, memory].compactMap(\.self)
  }

  private var processor: FindingRecord {
    let name = Machine.processorName ?? "unknown"
    return FindingRecord(name: "processor", value: "\(name), \(Machine.vectorInstructions)")
  }

  private var cores: FindingRecord {
    let usable = Machine.usableCoreCount
    let value = "\(NumberText.count(threads, "thread")) on \(NumberText.count(Machine.coreCount, "core"))"
    guard Double(threads) > usable else { return FindingRecord(name: "threads", value: value) }
    let fitting = max(1, Int(usable))
    return FindingRecord(
      name: "threads", value: value, state: .slow,
      advice: "this process may use \(NumberText.shortest(usable)) cores, so that threads wait for each other: "
        + "--threads \(fitting)")
  }

  private var load: FindingRecord {
    guard let load = Machine.load else { return FindingRecord(name: "load", value: "unknown") }
    let value = "\(NumberText.decimal(load, places: 1)) threads computing in the last minute"
    guard load >= 0.5 * Double(Machine.coreCount) else { return FindingRecord(name: "load", value: value) }
    return FindingRecord(
      name: "load", value: value, state: .slow,
      advice: "other programs compute, too: what is timed now says little, and work takes longer")
  }

  /// What the environment says of idle threads, if it says anything.
  private var waitPolicy: FindingRecord? {
    let policy = getenv("OMP_WAIT_POLICY").map { String(cString: $0) } ?? ""
    guard !policy.isEmpty else { return nil }
    let isActive = policy.lowercased() == "active"
    return FindingRecord(
      name: "OMP_WAIT_POLICY", value: policy, state: isActive ? .slow : .fine,
      advice: isActive ? "idle threads spin on cores that other programs of a pipe could use: unset it" : nil)
  }

  private var memory: FindingRecord? {
    guard let memory = Machine.memory else { return nil }
    guard let available = Machine.availableMemory else {
      return FindingRecord(name: "memory", value: ByteText.text(memory))
    }
    let value = "\(ByteText.text(available)) available of \(ByteText.text(memory))"
    guard available < 4 << 30 else { return FindingRecord(name: "memory", value: value) }
    return FindingRecord(
      name: "memory", value: value, state: .scarce,
      advice: "training of large networks takes up to 4 GiB: close other programs, or take a smaller --batch-size")
  }
}

/// Numbers of bytes for people.
enum ByteText {
  /// As in `23.4 GiB`.
  static func text(_ bytes: Int) -> String {
    "\(NumberText.decimal(Double(bytes) / Double(1 << 30), places: 1)) GiB"
  }
}
