internal import Failures
internal import Records

/// What people call models: the file that a checkpoint record names, else the model's digest.
struct ModelNames {
  private var files: [String: String] = [:]

  /// Takes in where the model with a digest lies.
  mutating func add(_ record: CheckpointRecord) {
    files[record.digest] = Self.file(record.path)
  }

  /// Takes in what records say of their model's file, unless a checkpoint record says it.
  mutating func add(_ setting: Setting) {
    if let path = setting.path, files[setting.model] == nil { files[setting.model] = Self.file(path) }
  }

  /// The last part of a path.
  static func file(_ path: String) -> String {
    printable(path.split(separator: "/").last.map(String.init) ?? path)
  }

  /// A name for each of `models`, all different.
  func names(of models: [String]) -> [String: String] {
    var names: [String: String] = [:]
    for model in models { names[model] = files[model] ?? Self.short(model) }
    let shared = Dictionary(grouping: names.keys) { names[$0] ?? "" }.filter { $0.value.count > 1 }
    for model in shared.values.joined() {
      names[model] = files[model].map { "\($0) \(Self.short(model))" } ?? printable(model)
    }
    return names
  }

  /// What the names of models share that differ in their seed alone: `cusp.h5` for `cusp-seed12.h5` and `cusp-3.h5`.
  ///
  /// That is a name without its last number and what leads to it, `seed` or `s` and what parts it from the rest. A name
  /// that would be nothing else keeps it.
  static func withoutSeed(_ name: String) -> String {
    let ending = name.lastIndex(of: ".").map { name[$0...] } ?? ""
    let stem = ending.allSatisfy { $0 == "." || $0.isLetter || $0.isNumber } ? name.dropLast(ending.count) : name[...]
    guard let last = stem.lastIndex(where: { $0.isASCII && $0.isNumber }) else { return name }
    let digits = stem[...last].reversed().prefix { $0.isASCII && $0.isNumber }.count
    var head = stem[...last].dropLast(digits)
    if let word = ["seed", "s"].first(where: { head.hasSuffix("-" + $0) || head.hasSuffix("_" + $0) }) {
      head = head.dropLast(word.count)
    }
    while let mark = head.last, "-_.".contains(mark) { head = head.dropLast() }
    guard !head.isEmpty else { return name }
    return String(head) + stem[stem.index(after: last)...] + name[stem.endIndex...]
  }

  /// The first 12 digits of a digest; other texts as they are.
  private static func short(_ model: String) -> String {
    let isDigest = model.utf8.count == 64 && model.allSatisfy(\.isHexDigit)
    return printable(isDigest ? String(model.prefix(12)) : model)
  }
}
