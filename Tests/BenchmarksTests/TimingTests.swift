import Benchmarks
import Testing

@Suite struct TimingTests {
  @Test(
    "The median is the middle repeat, or the mean of the two in the middle",
    arguments: [
      ([2], 2, 2), ([3, 1, 2], 2, 1), ([4, 1, 2, 3], 2.5, 1), ([5, 5, 1, 5], 5, 1), ([1, 9], 5, 1),
    ] as [([Double], Double, Double)])
  func median(seconds: [Double], median: Double, best: Double) {
    let timing = Timing(seconds: seconds)
    #expect(timing.median == median)
    #expect(timing.best == best)
  }

  @Test(
    "A repeat has as many calls as last 0.2 seconds",
    arguments: [(1.0, 1), (0.2, 1), (0.19, 2), (0.1, 2), (0.001, 200), (0, 200_000_000)])
  func calls(seconds: Double, calls: Int) {
    #expect(Timing.calls(oneLasting: seconds) == calls)
  }

  @Test("What is timed is called before it counts, and in every repeat")
  func repeats() throws {
    var calls = 0
    let timing = try Timing(repeats: 3) {
      calls += 1
      let start = ContinuousClock.now
      while ContinuousClock.now - start < .milliseconds(5) {}
    }
    #expect(timing.seconds.count == 3)
    #expect(timing.seconds.allSatisfy { $0 >= 0.005 })
    #expect(calls > 3)
  }

  @Test("A failure comes through")
  func failure() {
    struct Stop: Error {}
    #expect(throws: Stop.self) { try Timing(repeats: 1) { throw Stop() } }
  }
}

@Suite struct MachineTests {
  @Test(
    "The high-water mark is read where there is one",
    arguments: [
      ("Name:\tx\nVmHWM:\t   5120 kB\nVmRSS:\t 4096 kB\n", 5120 * 1024), ("VmHWM: 1 kB", 1024), ("", nil),
      ("VmRSS:\t1 kB\n", nil), ("VmHWM:\t1 MB\n", nil), ("VmHWM:\tx kB\n", nil), ("VmHWM:\n", nil),
      ("VmHWM: 99999999999999999 kB\n", nil), ("VmHWM: 99999999999999999999 kB\n", nil),
    ] as [(String, Int?)])
  func highWaterMark(text: String, bytes: Int?) {
    #expect(Benchmarks.highWaterMark(inStatus: text) == bytes)
  }

  @Test("Memory that was used is in the peak, and stays there")
  func peakMemory() {
    let before = peakResidentBytes()
    #expect(before > 1 << 20)
    var block: [UInt8]? = [UInt8](repeating: 1, count: before + 1 << 26)
    #expect(block?.last == 1)
    block = nil
    #expect(peakResidentBytes() >= before + 1 << 26)
  }

  @Test("The processor's peak is a number that a machine can have", arguments: [1, 2])
  func peak(threads: Int) {
    let gigaflops = ProcessorPeak(threads: threads, repeats: 1).gigaflopsPerSecond
    #expect(gigaflops > 0.1 && gigaflops < 1e6)
  }
}
