import Benchmarks
import Testing

/// What a machine's files say, by examples written after the kernel's documentation.
@Suite struct MachineFactsTests {
  @Test(
    "A control group's quota in cores",
    arguments: [("150000 100000", 1.5), ("100000 100000", 1), ("max 100000", nil), ("", nil), ("1 0", nil), ("5", nil)])
  func quota(text: String, cores: Double?) {
    #expect(Machine.cores(ofQuota: text) == cores)
  }

  @Test(
    "The cores that a process may use",
    arguments: [("0-2,5", 4), ("7", 1), ("0-63", 64), ("0-1,4-5,8", 5), ("", nil), ("3-1", nil), ("x", nil)])
  func allowed(list: String, count: Double?) {
    let status = ["Name:\tcusp", "Cpus_allowed:\t3", "Cpus_allowed_list:\t\(list)", "Mems_allowed_list:\t0"]
    #expect(Machine.allowed(by: status) == count)
  }

  @Test("This machine has cores, of which at most all are usable, a name for its instructions and memory")
  func here() {
    #expect(Machine.coreCount >= 1)
    #expect(Machine.usableCoreCount > 0)
    #expect(Machine.usableCoreCount <= Double(Machine.coreCount))
    #expect(["AVX-512", "AVX2", "SSE", "NEON"].contains(Machine.vectorInstructions))
    #expect((Machine.memory ?? 1 << 30) >= Machine.availableMemory ?? 0)
  }
}
