import Failures
import Foundation
import HDF5
import TestSupport
import Testing

/// A child that answers with `bytes`, or does not answer.
private typealias Answer = @Sendable () -> [UInt8]

private let hung = "the HDF5 library hung reading it; it is damaged or hostile"
private let crashed = "the HDF5 library crashed reading it; it is damaged or hostile"
private let senseless = "the HDF5 library gave no sensible answer reading it; it is damaged or hostile"

/// Limits that a child in a test soon meets.
private func smallLimits() -> GuardLimits {
  var limits = GuardLimits()
  limits.waitingSeconds = 8
  limits.computingSeconds = 1
  limits.memoryBytes = 64 << 20
  limits.answerBytes = 1 << 20
  return limits
}

/// What listing a good file ends with when its child does `answer`; nil if it succeeds.
private func ending(limits: GuardLimits = smallLimits(), _ answer: @escaping Answer) -> Failure? {
  do {
    _ = try HDF5Listing(path: Fixture.path("hdf5/userblock.h5"), limits: limits, answer: answer)
    return nil
  } catch {
    return error as? Failure ?? Failure(.internal, "\(error)")
  }
}

private func failure(_ reason: String) -> Failure {
  Failure(.data, "\(Fixture.path("hdf5/userblock.h5")): \(reason)")
}

/// Computes until it is stopped.
private func compute() {
  while getpid() > 0 {}
}

/// The descriptors that this process has open.
private func openDescriptors() throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").sorted()
}

@Suite("The child that reads an HDF5 file")
struct GuardTests {
  @Test("that crashes leaves one line, whatever the signal", arguments: [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGKILL])
  func crash(signal: Int32) {
    #expect(
      ending {
        raise(signal)
        return []
      } == failure(crashed))
  }

  @Test("that a damaged file leads round in circles meets its limit of computation, which is below 5 s every day")
  func circles() throws {
    #expect(GuardLimits().computingSeconds <= 3)
    var limits = GuardLimits()
    limits.computingSeconds = 1
    let path = Fixture.path("fuzz/slow/endless.h5")
    // Releases of the library differ in what they do about it.
    let failure = try #require(throws: Failure.self) { try HDF5Listing(path: path, limits: limits, answer: nil) }
    #expect(failure.kind == .data)
    #expect(failure.message.hasPrefix("\(path): "))
  }

  @Test("that allocates without end meets its limit of memory")
  func memory() {
    #expect(
      ending {
        // Pages from the system, since malloc may still hold some that it took before the limit was set.
        var blocks = 0
        while mmap(nil, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED {
          blocks += 1
        }
        // At 64 MiB and not at those of the machine: the answer says how far it came.
        return blocks < 200 ? [1] + word(0) + text("\(blocks > 8)") : []
      } == Failure(.data, "true"))
  }

  @Test("that computes without end meets its limit of computation, and is said to hang")
  func computation() {
    #expect(
      ending {
        compute()
        return []
      } == failure(hung))
  }

  @Test("that sleeps for ever is not waited for")
  func sleep() {
    var limits = smallLimits()
    limits.waitingSeconds = 1
    #expect(
      ending(limits: limits) {
        while true { pause() }
      } == failure(hung))
  }

  @Test("that computes for longer than it may wait is waited for: a busy machine's child is no hung one")
  func computing() {
    var limits = GuardLimits()
    (limits.waitingSeconds, limits.computingSeconds) = (1, 4)
    #expect(
      ending(limits: limits) {
        var time = timespec()
        repeat { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) } while time.tv_sec < 2
        return []
      } == failure(senseless))
  }

  @Test("that takes longer than anybody waits is given up, though it computes")
  func endless() {
    var limits = GuardLimits()
    (limits.clockSeconds, limits.computingSeconds) = (1, 30)
    #expect(
      ending(limits: limits) {
        compute()
        return []
      } == failure(hung))
  }

  @Test(
    "ends by the clock, after 4 s, whether it sleeps or seems to work now and then", arguments: [0, 1_000] as [Int])
  func clock(additions: Int) throws {
    let duration = ContinuousClock().measure {
      #expect(
        ending(limits: GuardLimits()) {
          var sum = 0
          while sum >= 0 {
            usleep(1000)
            for number in 0..<additions { sum ^= number }
          }
          return []
        } == failure(hung))
    }
    // On a busy machine it takes longer than the clock allows the child, but it ends.
    #expect(duration > .seconds(3), "\(duration)")
  }

  @Test("that floods its parent is cut off")
  func flood() {
    #expect(ending { [UInt8](repeating: 1, count: 4 << 20) } == failure(senseless))
  }

  @Test("that ends without an answer, with any status, gave none", arguments: [0, 1, 255] as [Int32])
  func silence(status: Int32) {
    #expect(ending { _exit(status) } == failure(senseless))
  }

  @Test("cannot write into a file, nor to the parent's output")
  func writing() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/stolen"
      let end = ending {
        signal(SIGXFSZ, SIG_IGN)
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        let written = write(descriptor, "bytes", 5)
        var output = [CChar](repeating: 0, count: 100)
        readlink("/proc/self/fd/1", &output, 99)
        let target = String(decoding: output.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        return [1] + word(0) + text("\(written) \(target)")
      }
      #expect(end == Failure(.data, "-1 /dev/null"))
      let content = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(content.isEmpty)
    }
  }

  @Test("leaves neither a zombie nor an open descriptor, however it ends")
  func leftovers() async {
    await #expect(processExitsWith: .success) {
      _ = ending { [] }
      let before = try openDescriptors()
      for _ in 0..<3 {
        #expect(ending { abort() } == failure(crashed))
        #expect(ending { _exit(0) } == failure(senseless))
        #expect(ending { [UInt8](repeating: 1, count: 4 << 20) } == failure(senseless))
        #expect(try HDF5Listing(path: Fixture.path("hdf5/userblock.h5")).datasets.count == 1)
        #expect(throws: Failure.self) { try HDF5Listing(path: Fixture.path("hdf5/cycle.h5")) }
        #expect(throws: Failure.self) { try HDF5Listing(path: Fixture.path("make/hdf5.py")) }
        #expect(throws: Failure.self) { try HDF5Listing(path: "/nowhere.h5") }
        #expect(throws: Failure.self) { try HDF5Listing(path: "/tmp") }
      }
      #expect(try openDescriptors() == before)
      #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD, "a child is left")
    }
  }

  @Test("is not disturbed by what the parent does with signals")
  func signals() async {
    await #expect(processExitsWith: .success) {
      signal(SIGSEGV) { _ in _exit(7) }
      signal(SIGXCPU, SIG_IGN)
      signal(SIGPIPE, SIG_IGN)
      #expect(
        ending {
          raise(SIGSEGV)
          return []
        } == failure(crashed))
      #expect(
        ending {
          compute()
          return []
        } == failure(hung))
    }
  }
}

/// `number` as an answer has it.
private func word(_ number: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }

/// `content` with its length before it.
private func text(_ content: String) -> [UInt8] { word(content.utf8.count) + Array(content.utf8) }

/// A dataset in an answer: floats of 32 bits unless told otherwise.
private func dataset(_ name: String = "/a", element: UInt8 = 2, shape: [Int], storage: [UInt8]) -> [UInt8] {
  [3] + text(name) + [element] + word(0) + word(shape.count) + shape.flatMap(word) + storage
}

@Suite("Answers that a hostile file forged")
struct ForgedAnswerTests {
  private static let end: [UInt8] = [0]

  @Test("an answer made by hand is understood, so that the refusals below have one cause")
  func sound() throws {
    let parts =
      [2] + text("/") + dataset(shape: [2, 1], storage: [1] + word(8) + [0, 0, 128, 63, 0, 0, 0, 192])
      + dataset("/b", shape: [3], storage: [0] + word(0)) + [4] + text("/") + text("count") + [2] + word(-5) + Self.end
    let listing = try HDF5Listing(path: Fixture.path("hdf5/userblock.h5"), limits: smallLimits()) { parts }
    #expect(listing.groups == ["/"])
    #expect(try listing.readFloats("/a") == [1, -2])
    #expect(listing.dataset("/b")?.storage == .contiguous(offset: 0))
    #expect(listing.attributes(of: "/") == ["count": .integer(-5)])
  }

  @Test("data outside the file are refused, whatever the sum", arguments: [-1, -8, 2673, 1 << 40, .max, .min])
  func outside(offset: Int) {
    let answer = dataset(shape: [2], storage: [0] + word(offset)) + Self.end
    #expect(ending { answer } == failure("/a: its data lie beyond the end of the file"))
  }

  @Test("data up to the last byte are not")
  func lastByte() {
    let answer = dataset(shape: [2], storage: [0] + word(2680 - 8)) + Self.end
    #expect(ending { answer } == nil)
  }

  @Test(
    "shapes, counts and tags that cannot be are no answer",
    arguments: [
      dataset(shape: [1 << 32, 1 << 32], storage: [0] + word(0)) + end,
      dataset(shape: [1 << 62], storage: [0] + word(0)) + end,
      dataset(shape: [0, 1 << 62, 1 << 62], storage: [0] + word(0)) + end,
      dataset(shape: [-1], storage: [0] + word(0)) + end,
      dataset(element: 99, shape: [1], storage: [0] + word(0)) + end,
      dataset(shape: [2], storage: [1] + word(4) + [0, 0, 0, 0]) + end,
      dataset(shape: [1], storage: [9] + word(0)) + end,
      dataset(shape: [1], storage: [0] + word(0)),
      dataset(shape: [1], storage: [2, 1] + word(1 << 60)) + end,
      [3] + word(-1) + end, [3] + word(.max) + end, [2] + text("/") + end + end, [77] + end, [1], [],
      [4] + text("/") + text("a") + [3] + word(1 << 61) + end, [4] + text("/") + text("a") + [6] + end,
    ])
  func malformed(answer: [UInt8]) {
    #expect(ending { answer } == failure(senseless))
  }

  @Test("an answer cut short anywhere, or with any byte changed, ends in a failure or in a listing")
  func damaged() {
    let whole =
      [2] + text("/") + dataset(shape: [2], storage: [0] + word(0))
      + dataset("/b", element: 12, shape: [2], storage: [2, 1] + word(2) + text("x") + text("y"))
      + [4] + text("/") + text("a") + [5] + word(2) + word(1) + word(2) + Self.end
    for length in whole.indices {
      let cut = Array(whole[..<length])
      #expect(ending { cut } == failure(senseless), "\(length) bytes")
    }
    for index in whole.indices {
      var changed = whole
      changed[index] ^= UInt8(1 << (index % 8))
      let answer = changed
      if let end = ending({ answer }) { #expect(end.kind == .data, "byte \(index)") }
    }
  }
}
