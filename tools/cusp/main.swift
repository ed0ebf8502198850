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
  if words.count > 1, words[0] == "--quiet" { words.swapAt(0, 1) }
  if let verb = words.first, verb != "help", !verb.hasPrefix("-") {
    try Programs.start(verb: verb, arguments: Array(words.dropFirst()))
  }
} catch let failure as Failure {
  Diagnostics(name: "cusp").report(failure)
  exit(failure.kind.exitStatus)
}
CuspCommand.main()
