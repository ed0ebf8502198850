import Testing
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Sends this process `signal`, which a test runner's threads may block.
private func send(_ signal: Int32) throws {
  var all = sigset_t()
  sigfillset(&all)
  try #require(pthread_sigmask(SIG_UNBLOCK, &all, nil) == 0)
  raise(signal)
}

/// Each test is a process of its own, so that signals hit nothing else.
@Suite("Requests to stop") struct StopRequestTests {
  @Test("A signal is noted, and has the status a shell or a batch system expects")
  func noting() async {
    await #expect(processExitsWith: .success) {
      for (signal, name, status) in [(SIGINT, "SIGINT", 130), (SIGTERM, "SIGTERM", 143), (SIGUSR1, "SIGUSR1", 75)] {
        StopRequest.watch()
        #expect(StopRequest.pending == nil)
        try send(signal)
        let request = try #require(StopRequest.pending)
        #expect(request.signal == signal)
        #expect(request.name == name)
        #expect(Int(request.exitStatus) == status)
      }
    }
  }

  @Test("The same signal again ends the process")
  func insisting() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      StopRequest.watch()
      try send(SIGTERM)
      try send(SIGTERM)
    }
  }
}
