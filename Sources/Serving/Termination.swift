#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Makes SIGTERM the end of standard input: what was read is answered, nothing more is read, and the program ends as
/// always.
///
/// The handler puts the null device in the place of standard input. So there is no flag that a blocked read could miss:
/// the read is interrupted, tried again, and finds the end. The signal must reach the thread that reads, so the calling
/// thread, and those it makes, leave it to that one.
public func endInputOnTermination() {
  var action = sigaction()
  #if canImport(Darwin)
    action.__sigaction_u.__sa_handler = replaceStandardInput
  #else
    action.__sigaction_handler.sa_handler = replaceStandardInput
  #endif
  // Without SA_RESTART, so that a blocked read returns.
  sigaction(SIGTERM, &action, nil)
  maskTermination(SIG_BLOCK)
}

/// Makes the calling thread the one that SIGTERM goes to.
func receiveTermination() { maskTermination(SIG_UNBLOCK) }

private func maskTermination(_ how: Int32) {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGTERM)
  pthread_sigmask(how, &signals, nil)
}

/// Calls only what may be called in a signal handler.
private func replaceStandardInput(_ signal: Int32) {
  let path: StaticString = "/dev/null"
  let error = errno
  let null = open(UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self), O_RDONLY)
  dup2(null, STDIN_FILENO)
  close(null)
  errno = error
}
