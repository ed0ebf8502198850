public import ArgumentParser
import Corruptions
import Datasets
public import Evaluation
import Failures
import ToolSupport

/// How images are corrupted before they are turned, attacked or classified.
public struct CorruptionOptions: ParsableArguments {
  /// The corruptions' names.
  @Option(
    help:
      "Corrupt every image, as in fog,gaussian_noise, or all: \(Corruption.Kind.allCases.map(\.rawValue).joined(separator: ", ")); a setting each.",
    completion: .list(["all"] + Corruption.Kind.allCases.map { "\($0.rawValue),..." }), transform: CorruptionList.typed)
  public var corruption: CorruptionList?

  /// How much.
  @Option(
    help: "How severe a corruption is, of 1 to 5, as in 3 or 1,3 or 1:5, the default; a setting each.",
    transform: SeverityList.typed)
  public var severity: SeverityList?

  /// Where corrupted images lie.
  @Option(
    help: "Take the corrupted images from the files NAME.npy of this folder, which CIFAR-10-C has.",
    completion: .directory)
  public var corrupted: String?

  /// Images as they are.
  public init() {}

  /// Refuses what has no effect.
  public func validate() throws {
    guard corruption == nil else { return }
    if let severity { throw ValidationError("--severity \(severity.text): of what? give --corruption") }
    if let corrupted { throw ValidationError("--corrupted \(corrupted): which of them? give --corruption") }
  }

  /// How many settings there are.
  public var count: Int { corruption.map { $0.names.count * severities.count } ?? 1 }

  /// The paths of all files that the images may come from.
  public var files: [String] {
    guard let corrupted, let corruption else { return [] }
    return ["", "/CIFAR-10-C"].flatMap { place in
      (corruption.names + ["labels"]).map { "\(corrupted)\(place)/\($0).npy" }
    }
  }

  /// Whether a random number decides what becomes of images.
  public var isDrawn: Bool { corruption != nil && corrupted == nil }

  private var severities: [Int] { severity?.severities ?? Array(Corruption.severities) }

  /// The corruptions, each in all its severities; one that is none where nothing was asked for.
  ///
  /// - Throws: `Failure` where there is no such corruption, or no file of it.
  public func corruptions(seed: UInt64) throws -> [ImageCorruption?] {
    guard let corruption else { return [nil] }
    return try corruption.names.flatMap { name -> [ImageCorruption?] in
      if let corrupted {
        let images = try CorruptedImages(name, in: corrupted)
        return severities.map { .stored(images, severity: $0) }
      }
      guard let kind = Corruption.Kind(rawValue: name) else {
        let names = Corruption.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(
          .usage, "--corruption \(name): none that is computed; give \(names), or CIFAR-10-C's files by --corrupted DIR"
        )
      }
      return severities.map { .computed(Corruption(kind, severity: $0), seed: seed) }
    }
  }
}

/// Names of corruptions.
public struct CorruptionList: Equatable, Sendable {
  /// The names, each once.
  public let names: [String]

  /// The names that `--corruption` means by `text`.
  ///
  /// - Throws: `Failure` (`usage`) for none, and for one that comes twice.
  @Sendable public static func typed(_ text: String) throws -> CorruptionList {
    if text == "all" { return CorruptionList(names: Corruption.Kind.allCases.map(\.rawValue)) }
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !names.contains(""), Set(names).count == names.count else {
      throw Failure(.usage, "give names, each once, as in fog,gaussian_noise, or all")
    }
    return CorruptionList(names: names)
  }
}

/// Severities of corruptions.
public struct SeverityList: Equatable, Sendable {
  /// What was typed.
  public let text: String
  /// The severities, each once.
  public let severities: [Int]

  /// The severities that `--severity` means by `text`.
  ///
  /// - Throws: `Failure` (`usage`) with the accepted form.
  @Sendable public static func typed(_ text: String) throws -> SeverityList {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { item -> [Int] in
      let ends = item.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
      let known = ends.compactMap { $0 }.filter(Corruption.severities.contains)
      // 0 is none, and refused below.
      guard (1...2).contains(ends.count), known.count == ends.count, known[0] <= known[known.count - 1] else {
        return [0]
      }
      return Array(known[0]...known[known.count - 1])
    }.flatMap { $0 }
    guard parts.allSatisfy(Corruption.severities.contains), Set(parts).count == parts.count else {
      throw Failure(.usage, "give severities of 1 to 5, each once, as in 3 or 1,3 or 1:5")
    }
    return SeverityList(text: text, severities: parts)
  }
}
