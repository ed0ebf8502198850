public import ArgumentParser
import Checkpoints
import Failures
public import Interchange
import Networks
import ToolSupport

/// What a file of another tool does not tell of its network, or tells in other words.
public struct NetworkOptions: ParsableArguments {
  @Option(
    help: "The architecture, if names and shapes are not to tell it, or FILE.json with a definition.",
    completion: .networks)
  var arch: String?
  @Option(help: "One image's sizes, as in 3x32x32, where the tensors do not tell them; paddings that follow are found.")
  var image: String?
  @Option(help: "Means and deviations of the pixels, in 0...1, one a channel, as the model was trained on; or none.")
  var normalise: String?
  @OptionGroup var selection: SelectionOptions

  /// Nothing of it.
  public init() {}

  /// The options that were given, as typed.
  public var given: [String] {
    [("--arch", arch != nil), ("--image", image != nil), ("--normalise", normalise != nil)].filter(\.1).map(\.0)
      + selection.given
  }

  /// The files that are read for them.
  public var files: [String] { definitionFile.map { [$0] } ?? [] }

  private var definitionFile: String? { arch.flatMap { $0.hasSuffix(".json") || $0.contains("/") ? $0 : nil } }

  /// What they tell.
  ///
  /// - Throws: `.usage` for an architecture, sizes, numbers or an expression that are none; `.noInput` and `.data` as reading
  ///   a definition.
  public func request() throws -> ModelRequest {
    var request = ModelRequest(
      imageShape: try image.map(imageShape), preprocessing: try normalise.map(preprocessing),
      selection: try selection.selection())
    if let definitionFile {
      request.definition = try readDefinition(path: definitionFile)
    } else if let arch {
      guard let architecture = Architecture(rawValue: arch) else {
        let list = "cusp-train --list-architectures lists them"
        throw Failure(.usage, "--arch \(arch): no such architecture; \(list), or give FILE.json with a definition")
      }
      request.architecture = architecture
    }
    return request
  }

  private func imageShape(_ text: String) throws -> [Int] {
    let sizes = text.split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
    guard sizes.count == 3, text.count(where: { $0 == "x" }) == 2, sizes.allSatisfy({ (1...4096).contains($0) }) else {
      throw Failure(.usage, "--image \(text): give channels, height and width, as in 3x32x32")
    }
    return sizes
  }

  private func preprocessing(_ text: String) throws -> Preprocessing {
    if text == "none" { return .none }
    guard let values = NumberList(text)?.values.map({ Float($0) }), values.count.isMultiple(of: 2) else {
      throw Failure(.usage, "--normalise \(text): give the means of all channels, then the deviations, or none")
    }
    return Preprocessing(
      mean: Array(values[..<(values.count / 2)]), standardDeviation: Array(values[(values.count / 2)...]))
  }
}
