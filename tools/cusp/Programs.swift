import Failures
import Files
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The programs `cusp-VERB` on this machine.
enum Programs {
  /// What each program of this package does; others are listed without a word.
  static let summaries = [
    "attack": "Attack a model and record its predictions before and after.",
    "bench": "Time the programs of an architecture.",
    "convert": "Convert model and data files to other formats.",
    "data": "List, fetch and describe public data sets.",
    "diff": "Tell how two model files differ.",
    "doctor": "Tell what this machine can do, and what would be slow and why.",
    "evaluate": "Measure a model's accuracy on clean, turned and attacked images.",
    "fooling-rate": "Count how often a perturbation changes a model's predictions.",
    "inspect": "Show and verify what is in a model file.",
    "merge": "Join the predictions of shards, or tell what is missing.",
    "plot": "Draw records as figures.",
    "report": "Make one HTML file of records, models and saved sets.",
    "serve": "Predict and attack as a service over standard input and output.",
    "summarise": "Summarise scores over seeds: mean, deviation and interval.",
    "train": "Train a network, naturally or for robustness, and write a checkpoint.",
    "verify": "Check a saved set of perturbed images and score a model on it.",
  ]

  /// Becomes the program of `verb`; returns only by throwing.
  /// - Throws: `Failure(.usage)` when there is none, `Failure(.noInput)` when it cannot be run.
  static func start(verb: String, arguments: [String]) throws -> Never {
    let verb = verb.hasPrefix("cusp-") ? String(verb.dropFirst("cusp-".count)) : verb
    guard !verb.contains("/"), let path = path(of: verb) else {
      let near = Spelling.nearest(to: verb, among: verbs())
      throw Failure(
        .usage, "unknown verb `\(verb)`; \(near.map { "did you mean `\($0)`?" } ?? "`cusp help` lists them")")
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { word in
      strdup(PathText.bytes(word).map { CChar(bitPattern: $0) } + [0])
    }
    words.append(nil)
    if let program = words[0] { execv(program, &words) }
    throw Failure(.noInput, "\(path): \(String(cString: strerror(errno)))")
  }

  /// Prints what may become of the last of `words`, where that is a verb, or has the verb's program do it; returns where
  /// it is one of this program's own options.
  /// - Throws: `Failure` as `start(verb:arguments:)`.
  static func complete(_ words: [String]) throws {
    let words = Array(words.dropFirst(leadingWords(words)))
    guard let verb = words.first, words.count > 1 || !verb.hasPrefix("-") else { return }
    // A program of somebody else's may take the question for something to do.
    if words.count > 1, summaries[verb] != nil {
      try start(verb: verb, arguments: [CompletionScript.request] + words.dropFirst())
    }
    var offered: [CompletionAnswer.Word] = []
    if words.count == 1 || (words.count == 2 && verb == "help") {
      offered = verbs().map { .init($0, summaries[$0] ?? "") }
      if words.count == 1 { offered.append(.init("help", "List the verbs, or show the help of one.")) }
    }
    print(CompletionAnswer(words: offered.filter { $0.text.hasPrefix(words.last ?? "") }).text, terminator: "")
    exit(0)
  }

  /// How many of `words` before the verb are an option that every program has.
  static func leadingWords(_ words: [String]) -> Int {
    guard let first = words.first else { return 0 }
    return first == "--progress" ? 2 : first == "--quiet" || first.hasPrefix("--progress=") ? 1 : 0
  }

  /// The verbs that can be run, sorted.
  static func verbs() -> [String] {
    var found: Set<String> = []
    for folder in folders {
      guard let stream = folder.withSystemPath({ opendir($0) }) else { continue }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          PathText.text(bytes.prefix { $0 != 0 })
        }
        guard name.hasPrefix("cusp-"), !name.contains("."), isProgram("\(folder)/\(name)") else { continue }
        found.insert(String(name.dropFirst("cusp-".count)))
      }
    }
    return found.sorted()
  }

  /// Where `study.mk` lies: installed below the programs' prefix, or in the repository that they were built in.
  ///
  /// - Throws: `Failure(.noInput)` where it is at neither place.
  static func studyRules() throws -> String {
    guard var folder = ownFolder else { throw Failure(.noInput, "cannot tell where this program lies") }
    let installed = "\(folder)/../share/cusp/study.mk"
    if isFile(installed) { return installed }
    // Up from .build/MACHINE/release.
    for _ in 0..<4 {
      guard let end = folder.lastIndex(of: "/") else { break }
      folder = String(folder[..<end])
      if isFile("\(folder)/tools/study/study.mk") { return "\(folder)/tools/study/study.mk" }
    }
    throw Failure(.noInput, "study.mk is not at \(installed); `make install` puts it there")
  }

  private static func path(of verb: String) -> String? {
    folders.map { "\($0)/cusp-\(verb)" }.first(where: isProgram)
  }

  /// The folder of this program, then those of PATH.
  private static var folders: [String] {
    let path = getenv("PATH").map { PathText.text($0) } ?? ""
    return [ownFolder].compactMap { $0 } + path.split(separator: ":").map(String.init)
  }

  /// Where this program lies: as the system tells it, else as it was called.
  private static var ownFolder: String? {
    let resolved = realpath("/proc/self/exe", nil) ?? realpath(CommandLine.arguments.first ?? "", nil)
    guard let resolved else { return nil }
    defer { free(resolved) }
    let path = PathText.text(resolved)
    return path.lastIndex(of: "/").map { String(path[..<$0]) }
  }

  private static func isProgram(_ path: String) -> Bool {
    isFile(path) && path.withSystemPath { access($0, X_OK) } == 0
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return path.withSystemPath { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
