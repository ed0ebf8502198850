import Synchronization

/// How many threads the library's OpenMP runtime may use.
struct Threads: Sendable {
  let count: Int

  /// Sets the number for calls from the current thread; it is a property of the calling thread in OpenMP.
  ///
  /// The runtime is looked up by name, since its header is the compiler's and not the library's; a library built without
  /// OpenMP keeps its own choice.
  func use() {
    OneDNNLibrary.function("omp_set_num_threads", as: (@convention(c) (Int32) -> Void).self)?(Int32(count))
  }

  /// As many as `use` has set for the current thread.
  static var current: Threads {
    let count = OneDNNLibrary.function("omp_get_max_threads", as: (@convention(c) () -> Int32).self)?()
    return Threads(count: count.map(Int.init) ?? 1)
  }

  /// Whether `run` runs on the library's own threads.
  static var areShared: Bool { parallel != nil }

  /// Runs `body(context)` once on each of the runtime's threads and waits for all.
  ///
  /// These are the threads that the library's kernels run on: others would fight them for the cores. Where the runtime
  /// has no such function, `body` runs once, here.
  func run(_ context: UnsafeMutableRawPointer, _ body: @convention(c) (UnsafeMutableRawPointer?) -> Void) {
    guard count > 1, let parallel = Self.parallel else { return body(context) }
    parallel(body, context, UInt32(count), 0)
  }

  /// Runs `body` for every number below `count` on these threads, each of which takes the next that none has taken.
  func spread(_ count: Int, _ body: (Int) -> Void) { spreadByWorker(count) { _, number in body(number) } }

  /// As `spread(_:_:)`; `body` is told, too, which of the threads it is on, from 0, for memory of its own.
  func spreadByWorker(_ count: Int, _ body: (_ worker: Int, _ number: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var share = Share(count: count, body: body)
      withUnsafeMutablePointer(to: &share) { share in
        run(share) { $0?.assumingMemoryBound(to: Share.self).pointee.work() }
      }
    }
  }

  /// Work that threads divide among themselves.
  private struct Share: ~Copyable {
    let count: Int
    let body: (Int, Int) -> Void
    let next = Atomic(0)
    let nextWorker = Atomic(0)

    init(count: Int, body: @escaping (Int, Int) -> Void) { (self.count, self.body) = (count, body) }

    func work() {
      let worker = nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue
      while true {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < count else { return }
        body(worker, number)
      }
    }
  }

  /// What compilers turn `#pragma omp parallel` into; both GNU's and LLVM's runtimes have it.
  private static let parallel = OneDNNLibrary.function("GOMP_parallel", as: Parallel.self)

  private typealias Parallel =
    @convention(c) (
      _ body: @convention(c) (UnsafeMutableRawPointer?) -> Void, UnsafeMutableRawPointer?, _ threads: UInt32,
      _ flags: UInt32
    ) -> Void
}
