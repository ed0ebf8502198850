#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A lock with a condition: one thread at a time is inside, and those that wait there let others in.
final class Monitor {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Waits until nobody else is inside.
  func enter() { pthread_mutex_lock(mutex) }

  /// Lets the next one in.
  func leave() { pthread_mutex_unlock(mutex) }

  /// Lets others in until one of them wakes all.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Wakes all that wait.
  func wakeAll() { pthread_cond_broadcast(condition) }

  /// Runs `body` inside.
  func inside<Result>(_ body: () throws -> Result) rethrows -> Result {
    enter()
    defer { leave() }
    return try body()
  }
}
