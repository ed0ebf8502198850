internal import CHDF5
internal import Failures
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The half of the guarded reader that may crash, hang or be taken over by a hostile file: a forked copy of this process
/// with limits, which writes an answer into a pipe and ends.
struct GuardedChild {
  /// Said when the file that was opened by the parent is not the one that the path now names.
  static let replaced = "replaced while it was being opened; try again"

  /// What the child is asked for.
  enum Task {
    /// All that the file holds.
    case list
    /// Some elements, counted row-major, of one chunked dataset.
    case unpack(Range<Int>, of: String)
  }

  /// What errors call the file.
  let path: String
  /// The path by which this process opens it.
  let location: String
  /// The file as the parent has it open.
  let file: stat
  let task: Task
  /// The end of the pipe to write to.
  let pipe: Int32
  let limits: GuardLimits
  /// What to tell instead of what the file lists.
  let substitute: (@Sendable () -> [UInt8])?

  /// Answers and ends the process; nothing of the parent's is cleaned up, closed or flushed.
  func run() -> Never {
    resetSignals()
    setLimits()
    writeAll(substitute?() ?? answer())
    _exit(0)
  }

  /// The handlers of the parent must not run here; a crash is silent, and a stuck child outlives nobody.
  private func resetSignals() {
    for number in [
      SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGXCPU, SIGALRM, SIGINT, SIGTERM, SIGHUP, SIGUSR1,
    ] {
      signal(number, SIG_DFL)
    }
    signal(SIGPIPE, SIG_DFL)
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    alarm(UInt32(limits.clockSeconds + 1))
    let nowhere = open("/dev/null", O_RDWR)
    for descriptor: Int32 in 0...2 { dup2(nowhere, descriptor) }
  }

  /// At its hard limit of computation a process is killed without a word, hence the softer one before it.
  private func setLimits() {
    #if canImport(Glibc)
      limit(Int32(RLIMIT_AS.rawValue), to: addressSpace() + limits.memoryBytes)
      limit(Int32(RLIMIT_CPU.rawValue), to: limits.computingSeconds, hard: limits.computingSeconds + 1)
      limit(Int32(RLIMIT_CORE.rawValue), to: 0)
      limit(Int32(RLIMIT_FSIZE.rawValue), to: 0)
    #else
      limit(RLIMIT_CPU, to: limits.computingSeconds, hard: limits.computingSeconds + 1)
      limit(RLIMIT_CORE, to: 0)
      limit(RLIMIT_FSIZE, to: 0)
    #endif
  }

  /// With the file open there is no need to open another, whatever the file asks for.
  private func refuseOtherFiles() {
    #if canImport(Glibc)
      limit(Int32(RLIMIT_NOFILE.rawValue), to: 0)
    #else
      limit(RLIMIT_NOFILE, to: 0)
    #endif
  }

  private func limit(_ resource: Int32, to value: Int, hard: Int? = nil) {
    var limits = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(hard ?? value))
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(UInt32(resource)), &limits)
    #else
      setrlimit(resource, &limits)
    #endif
  }

  /// The bytes of address space in use, the first number of `/proc/self/statm` in pages.
  private func addressSpace() -> Int {
    let descriptor = open("/proc/self/statm", O_RDONLY)
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &text, text.count)
    guard count > 0, let pages = Int(String(decoding: text.prefix { $0 != 0x20 }, as: UTF8.self)) else {
      return 1 << 36
    }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  private func answer() -> [UInt8] {
    do {
      let calls = CheckedCalls(path: path, purpose: .reading, locks: false)
      var walk = FileWalk(calls: calls, fileSize: Int(file.st_size))
      let handle = try openFile(calls)
      switch task {
      case .list:
        let root = try Handle(calls, "H5Gopen2", of: "/") { H5Gopen2(handle.id, "/", cusp_defaults()) }
        try walk.list(root.id, name: "/")
      case .unpack(let elements, let name): try walk.unpack(elements, of: name, in: handle.id)
      }
      walk.answer.append(Answer.Tag.end)
      return walk.answer.bytes
    } catch {
      let failure = error as? Failure ?? Failure(.data, "\(path): \(error)")
      var answer = AnswerEncoder()
      answer.append(Answer.Tag.failure)
      answer.append(failure.kind == .inputOutput ? 1 : 0)
      answer.append(failure.message)
      return answer.bytes
    }
  }

  private func openFile(_ calls: CheckedCalls) throws -> Handle {
    let access = try Handle(calls, "H5Pcreate") { H5Pcreate(cusp_file_access()) }
    let id = access.id
    // A copy without a name is opened by that of its descriptor, a link to nowhere, which the other driver would follow.
    let isNameless = location != path
    try calls("H5Pset_fapl") { isNameless ? H5Pset_fapl_stdio(id) : H5Pset_fapl_sec2(id) }
    // Files are published by renaming, so a lock would only stop readers.
    try calls("H5Pset_file_locking") { H5Pset_file_locking(id, false, true) }
    try calls("H5Lunregister") { H5Lunregister(H5L_TYPE_EXTERNAL) }
    try calls("H5PLset_loading_state") { H5PLset_loading_state(0) }
    let handle = try Handle(calls, "H5Fopen") {
      location.withSystemPath { H5Fopen($0, cusp_read_only(), id) }
    }
    if !isNameless { try refuseReplaced(handle.id, calls) }
    refuseOtherFiles()
    return handle
  }

  /// Refuses the open `handle` if it is not of the file that the parent has open.
  private func refuseReplaced(_ handle: hid_t, _ calls: CheckedCalls) throws {
    var driver: UnsafeMutableRawPointer?
    var opened = stat()
    try calls("H5Fget_vfd_handle") { H5Fget_vfd_handle(handle, cusp_defaults(), &driver) }
    guard let descriptor = driver?.assumingMemoryBound(to: Int32.self).pointee, fstat(descriptor, &opened) == 0,
      opened.st_dev == file.st_dev, opened.st_ino == file.st_ino
    else { throw Failure(.data, "\(path): \(Self.replaced)") }
  }

  private func writeAll(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var position = 0
      while position < buffer.count {
        let written = write(pipe, buffer.baseAddress.map { $0 + position }, buffer.count - position)
        guard written > 0 else { _exit(1) }
        position += written
      }
    }
  }
}
