#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How many threads the library's OpenMP runtime may use.
struct Threads: Sendable {
  let count: Int

  /// Sets the number for calls from the current thread; it is a property of the calling thread in OpenMP.
  ///
  /// The runtime is looked up by name, since its header is the compiler's and not the library's; a library built without
  /// OpenMP keeps its own choice.
  func use() {
    guard let symbol = dlsym(nil, "omp_set_num_threads") else { return }
    unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Void).self)(Int32(count))
  }
}
