import Failures
import Files

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Finds out whether the system gives this process `count` threads at once.
///
/// Where it does not, libraries for threads end the process themselves, with status 1, which would mean an answer.
///
/// - Throws: `Failure` (`inputOutput`) with the system's reason.
func requireThreads(_ count: Int) throws {
  let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  defer { gate.deallocate() }
  pthread_mutex_init(gate, nil)
  defer { pthread_mutex_destroy(gate) }
  pthread_mutex_lock(gate)
  var threads: [pthread_t] = []
  var refusal: Int32 = 0
  while threads.count < count - 1, refusal == 0 {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    refusal = pthread_create(&thread, nil, { pass($0) }, gate)
    #if canImport(Darwin)
      if let thread, refusal == 0 { threads.append(thread) }
    #else
      if refusal == 0 { threads.append(thread) }
    #endif
  }
  pthread_mutex_unlock(gate)
  for thread in threads { pthread_join(thread, nil) }
  guard refusal != 0 else { return }
  let reason = systemErrorText(refusal)
  throw Failure(
    .inputOutput,
    "--threads \(count): \(reason); the system gives \(threads.count + 1), take fewer or allow more by `ulimit`")
}

/// Waits until the gate, a mutex, is open.
private func pass(_ gate: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let mutex = gate?.assumingMemoryBound(to: pthread_mutex_t.self)
  if let mutex {
    pthread_mutex_lock(mutex)
    pthread_mutex_unlock(mutex)
  }
  return nil
}
