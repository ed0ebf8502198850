// Hands what libFuzzer makes up to one reader:
//   fuzz READER [LIBFUZZER-OPTION ...] CORPUS-FOLDER
// Runs in a folder of its own, where the readers of files find the input; the script `tools/fuzz` runs them all.

import Failures
import Glibc

/// The reader that is fuzzed by this process, and what that has cost so far.
nonisolated(unsafe) private var session: Session?

/// What libFuzzer, whose `main` this program has, calls first: takes the reader's name from the command line.
@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  let name = CommandLine.arguments.dropFirst().first
  guard let reader = name.flatMap(Reader.init) else {
    for reader in Reader.allCases { print(reader.rawValue) }
    exit(name == nil ? 0 : Failure.Kind.usage.exitStatus)
  }
  session = Session(reader: reader)
  // libFuzzer ends the process itself when its time is over.
  atexit { session?.report() }
  // libFuzzer wants the program's name, and would take the reader's for a folder.
  words.pointee[1] = words.pointee[0]
  count.pointee -= 1
  words.pointee += 1
  return 0
}

@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int) -> Int

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  session?.execute(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

/// What libFuzzer calls to change an input in place; three of four archives keep right checksums.
@_cdecl("LLVMFuzzerCustomMutator")
func mutateInput(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: CUnsignedInt) -> Int {
  guard session?.reader.isArchive == true, seed % 4 > 0,
    let changed = changedArchive(
      Array(UnsafeBufferPointer(start: bytes, count: count)), entry: Int(seed / 4),
      change: { content in
        var buffer = content + [UInt8](repeating: 0, count: 64)
        return Array(buffer.prefix(mutateBytes(&buffer, content.count, buffer.count)))
      }), changed.count <= capacity
  else { return mutateBytes(bytes, count, capacity) }
  _ = UnsafeMutableBufferPointer(start: bytes, count: capacity).update(fromContentsOf: changed)
  return changed.count
}
