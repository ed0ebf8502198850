internal import Failures
internal import Records

/// What people call models: the file that a checkpoint record names, else the model's digest.
struct ModelNames {
  private var files: [String: String] = [:]

  /// Takes in where the model with a digest lies.
  mutating func add(_ record: CheckpointRecord) {
    files[record.digest] = Self.file(record.path)
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

  /// The first 12 digits of a digest; other texts as they are.
  private static func short(_ model: String) -> String {
    let isDigest = model.utf8.count == 64 && model.allSatisfy(\.isHexDigit)
    return printable(isDigest ? String(model.prefix(12)) : model)
  }
}
