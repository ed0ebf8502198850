// `cusp VERB ...` becomes `cusp-VERB ...`; all else is for the parser:
//   cusp attack model.h5 --pgd

import Failures
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

do {
  var words = ProgramArguments.words
  if words.first == CompletionScript.request { try Programs.complete(Array(words.dropFirst())) }
  if words.count > 1, words[0] == "help" { words = [words[1], "--help"] }
  // What all programs have may also come first.
  let leading = Programs.leadingWords(words)
  if words.count > leading { words.insert(words.remove(at: leading), at: 0) }
  if let verb = words.first, verb != "help", !verb.hasPrefix("-") {
    try Programs.start(verb: verb, arguments: Array(words.dropFirst()))
  }
} catch let failure as Failure {
  Diagnostics(name: "cusp", progress: .asked(by: ProgramArguments.words)).report(failure)
  exit(failure.kind.exitStatus)
}
CuspCommand.main()
