import Failures
import Files
import Foundation
import TestSupport
import Testing

/// The wording of what the system refuses.
@Suite("Errors of the system")
struct SystemErrorTests {
  private static let files = Failure(
    .inputOutput, "a.h5: Too many open files; allow more by `ulimit -n`, or name fewer files, and run again")
  private static let memory = Failure(
    .inputOutput, "a.h5: Cannot allocate memory; free some memory, or allow more by `ulimit -v`, and run again")
  private static let processes = Failure(
    .inputOutput,
    "a.h5: Resource temporarily unavailable; close other programs, or allow more processes by `ulimit -u`, and run again"
  )

  @Test(
    "Each error of reading has its kind and says what to do",
    arguments: [
      (ENOENT, Failure(.noInput, "a.h5: no such file; check the path")),
      (ENOTDIR, Failure(.noInput, "a.h5: no such file; check the path")),
      (EISDIR, Failure(.noInput, "a.h5: is a folder; name a file")),
      (EIO, Failure(.inputOutput, "a.h5: Input/output error; the disk failed while reading")),
      (EACCES, Failure(.noInput, "a.h5: cannot be read: Permission denied; check its permissions")),
      (ELOOP, Failure(.noInput, "a.h5: cannot be read: Too many levels of symbolic links; check the path")),
      (EMFILE, Self.files),
      (ENFILE, Failure(.inputOutput, "a.h5: Too many open files in system; close other programs, and run again")),
      (ENOMEM, Self.memory), (EAGAIN, Self.processes),
    ])
  func reading(number: Int32, failure: Failure) { #expect(readFailure("a.h5", number) == failure) }

  @Test(
    "Each error of writing has its kind and says what to do",
    arguments: [
      (ENOSPC, Failure(.inputOutput, "a.h5: No space left on device; free some space and run again")),
      (EDQUOT, Failure(.inputOutput, "a.h5: Disk quota exceeded; free some space and run again")),
      (EFBIG, Failure(.inputOutput, "a.h5: File too large; allow larger files by `ulimit -f`, and run again")),
      (EIO, Failure(.inputOutput, "a.h5: Input/output error; the disk failed while writing")),
      (ENOENT, Failure(.cannotCreate, "a.h5: cannot create: no such folder; make it first")),
      (ENOTDIR, Failure(.cannotCreate, "a.h5: cannot create: no such folder; make it first")),
      (EACCES, Failure(.cannotCreate, "a.h5: cannot create: Permission denied; write elsewhere")),
      (EROFS, Failure(.cannotCreate, "a.h5: cannot create: Read-only file system; write elsewhere")),
      (EMFILE, Self.files), (ENOMEM, Self.memory), (EAGAIN, Self.processes),
    ])
  func writing(number: Int32, failure: Failure) { #expect(writeFailure("a.h5", number) == failure) }

  @Test("A number that is no error still has words")
  func unknown() { #expect(systemErrorText(9999).contains("9999")) }

  @Test("Pipes are read to their end, and no further than the limit", arguments: [0, 1, 4096, 4097, 200_000])
  func pipes(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for limit in [count, count + 1, max(count - 1, 0)] where limit >= 0 {
      let pipe = try PipeEnds()
      defer { close(pipe.reading) }
      let thread = Thread {
        pipe.write(bytes)
        pipe.closeWriting()
      }
      thread.start()
      let path = "/dev/fd/\(pipe.reading)"
      guard limit < count else {
        #expect(try readBytes(path: path, limit: limit) == bytes)
        continue
      }
      let message = "\(path): larger than the \(limit) bytes that are read at most; is this the right file?"
      #expect(throws: Failure(.data, message)) { try readBytes(path: path, limit: limit) }
      // What is left in the pipe is taken, so that its writer comes to an end.
      _ = try FileHandle(fileDescriptor: pipe.reading, closeOnDealloc: false).readToEnd()
    }
  }

  @Test("Writers that replace one file at once leave one of their texts, whole, and no temporary")
  func concurrent() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cusp-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let texts = (0..<4).map { [UInt8](repeating: UInt8(0x61 + $0), count: 50_000 + $0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for text in texts {
        group.addTask { for _ in 0..<10 { try writeFile(at: "\(folder)/a", bytes: text) } }
      }
      group.addTask {
        for _ in 0..<100 where fileExists(at: "\(folder)/a") {
          let bytes = try readBytes(path: "\(folder)/a", limit: 1 << 20)
          #expect(texts.contains(bytes))
        }
      }
      try await group.waitForAll()
    }
    let bytes = try readBytes(path: "\(folder)/a", limit: 1 << 20)
    #expect(texts.contains(bytes))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
  }
}
