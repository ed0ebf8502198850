#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The ranks of an MPI job; one a process, used by one thread at a time.
final class MPIMessenger: Messenger {
  let rank, count, countHere: Int
  let servesAnyThread: Bool
  var isBesideWork = false
  private let library: MPILibrary
  private let receive: Receive
  private let send: Send
  private let test: Test
  private let wait: Wait
  private var world: UInt { library.constants.world }

  private typealias Number = UnsafeMutablePointer<Int32>
  private typealias Handle = UnsafeMutablePointer<UInt>
  private typealias Bytes = UnsafeMutableRawPointer
  private typealias Receive = @convention(c) (Bytes?, Int32, UInt, Int32, Int32, UInt, Handle) -> Int32
  private typealias Send = @convention(c) (UnsafeRawPointer?, Int32, UInt, Int32, Int32, UInt, Handle) -> Int32
  private typealias Test = @convention(c) (Handle, Number, UInt) -> Int32
  private typealias Wait = @convention(c) (Handle, UInt) -> Int32
  private typealias Ask = @convention(c) (UInt, Number) -> Int32

  /// Messages of more bytes come soon, since both ranks are about them; shorter ones may have to wait for a rank at work.
  private static let shortMessage = 65_536

  /// Joins the job that this process was started for.
  ///
  /// - Throws: `Failure` (`inputOutput`) with what the library says.
  init(_ library: MPILibrary) throws {
    typealias Initialize = @convention(c) (Bytes?, Bytes?, Int32, Number) -> Int32
    typealias Attach = @convention(c) (UInt, UInt) -> Int32
    typealias Split = @convention(c) (UInt, Int32, Int32, UInt, Handle) -> Int32
    typealias Free = @convention(c) (Handle) -> Int32
    let constants = library.constants
    // MPI_THREAD_SERIALIZED, the same number in all libraries.
    let oneAtATime: Int32 = 2
    var level: Int32 = 0
    try library.check(library.function("MPI_Init_thread", as: Initialize.self)(nil, nil, oneAtATime, &level))
    servesAnyThread = level >= oneAtATime
    // From now on errors come back instead of ending the program.
    let attach = try library.function("MPI_Comm_set_errhandler", as: Attach.self)
    try library.check(attach(constants.world, constants.errorsReturn))
    func number(_ symbol: String, _ group: UInt) throws -> Int {
      var number: Int32 = 0
      try library.check(library.function(symbol, as: Ask.self)(group, &number))
      return Int(number)
    }
    (rank, count) = (try number("MPI_Comm_rank", constants.world), try number("MPI_Comm_size", constants.world))
    var machine: UInt = 0
    let split = try library.function("MPI_Comm_split_type", as: Split.self)
    try library.check(split(constants.world, constants.sharedMemory, 0, constants.noInformation, &machine))
    countHere = try number("MPI_Comm_size", machine)
    try library.check(library.function("MPI_Comm_free", as: Free.self)(&machine))
    (receive, send) = (try library.function("MPI_Irecv"), try library.function("MPI_Isend"))
    (test, wait) = (try library.function("MPI_Test"), try library.function("MPI_Wait"))
    self.library = library
  }

  func exchange(
    _ sent: UnsafeRawBufferPointer, _ received: UnsafeMutableRawBufferPointer, with partner: Int
  ) throws {
    let (byte, none) = (library.constants.byte, library.constants.noStatus)
    let (size, partner) = (Int32(sent.count), Int32(partner))
    var (incoming, outgoing): (UInt, UInt) = (0, 0)
    try library.check(receive(received.baseAddress, size, byte, partner, 0, world, &incoming))
    try library.check(send(sent.baseAddress, size, byte, partner, 0, world, &outgoing))
    if sent.count > Self.shortMessage, !isBesideWork {
      try library.check(wait(&incoming, none))
      return try library.check(wait(&outgoing, none))
    }
    // Long ones go piece by piece, each of which takes a look.
    try wait(atMost: sent.count > Self.shortMessage ? 2e5 : 1e7) {
      var (isIn, isOut): (Int32, Int32) = (0, 0)
      try library.check(test(&incoming, &isIn, none))
      try library.check(test(&outgoing, &isOut, none))
      return isIn != 0 && isOut != 0
    }
  }

  /// Looks whether it `isOver` until it is. Libraries look without a pause, on a core that others could use: after a moment
  /// this sleeps between two looks, for a sixteenth of the time waited, and no longer than so many nanoseconds.
  private func wait(atMost longest: Double, until isOver: () throws -> Bool) throws {
    let start = ContinuousClock.now
    while try !isOver() {
      let waited = (ContinuousClock.now - start) / .nanoseconds(1)
      guard waited > 2e5 else { continue }
      var pause = timespec(tv_sec: 0, tv_nsec: Int(min(waited / 16, longest)))
      nanosleep(&pause, nil)
    }
  }

  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws {
    typealias Reduce = @convention(c) (UInt, Bytes?, Int32, UInt, UInt, UInt) -> Int32
    let constants = library.constants
    let reduce = try library.function("MPI_Allreduce", as: Reduce.self)
    try library.check(
      reduce(constants.inPlace, values.baseAddress, Int32(values.count), constants.float, constants.sum, world))
  }

  func leave() {
    typealias Finalize = @convention(c) () -> Int32
    // An end that fails changes nothing of what was done.
    _ = try? library.function("MPI_Finalize", as: Finalize.self)()
  }

  func abort(status: Int32) {
    typealias Abort = @convention(c) (UInt, Int32) -> Int32
    _ = try? library.function("MPI_Abort", as: Abort.self)(world, status)
  }
}
