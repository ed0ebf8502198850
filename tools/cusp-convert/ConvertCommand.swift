// A model or data file in, another format out:
//   cusp-convert model.pt model.h5

import ArgumentParser
import Checkpoints
import Datasets
import Failures
import Interchange
import Networks
import ToolSupport

@main
struct ConvertCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-convert", abstract: "Convert model and data files to other formats.",
    examples: [
      "cusp-convert vgg16.pth vgg16.h5 --normalise 0.4914,0.4822,0.4465,0.2023,0.1994,0.2010",
      "cusp-convert vgg16.h5 vgg16.safetensors", "cusp-train ... | cusp-convert - 'model-{epoch}.pt'",
      "cusp-train ... | cusp-convert --to pt > model.pt", "cusp-convert mnist:DIR mnist.npz",
    ],
    discussion: """
      Reads HDF5, PyTorch, safetensors and npz by their content; writes what the name of OUT ends in, or --to says. \
      Nothing in a file is run. Data sets are named as --data of the other programs takes them.
      """)

  @Argument(help: "A model or data file, a data set, or - for standard input.", completion: .file())
  var input = "-"
  @Argument(
    help: "The file to write, {epoch} in it for the model's epoch; - for standard output.", completion: .file())
  var output = "-"
  @Option(help: "The format to write: h5, pt, safetensors or npz; the default is what OUT ends in.")
  var to: String?
  @Option(
    help: "The architecture, if names and shapes are not to tell it, or FILE.json with a definition.",
    completion: .file(extensions: ["json"]))
  var arch: String?
  @Option(help: "One image's sizes, as in 3x32x32, where the tensors do not tell them.") var image: String?
  @Option(help: "Means and deviations of the pixels, in 0...1, one a channel, as the model was trained on; or none.")
  var normalise: String?
  @Option(help: "The data set the model was trained on, which other programs then take by default.") var data: String?
  @Flag(help: "Leave out what is not read, such as complex numbers, and say so.") var skipUnreadable = false
  @Flag(help: "Take models with numbers that are not finite, too, to look at them.") var allowNonFinite = false
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    if let sets = try DataConversion(input: input, output: output, skipsUnread: skipUnreadable) {
      if let name = modelOptions.first(where: \.isGiven)?.name {
        throw Failure(.usage, "\(name) is for models, and \(input) is a data set: leave it out")
      }
      try sets.run(context)
    } else {
      var conversion = ModelConversion(
        output: try Destination(output, format: to), request: try request(), data: data,
        tolerance: .init(skipsUnread: skipUnreadable, allowsNonFinite: allowNonFinite), context: context)
      try Inputs(input).forEach(context, passesOthers: !conversion.output.isStream) { try conversion.run($0) }
    }
  }

  private var modelOptions: [(name: String, isGiven: Bool)] {
    [
      ("--to", to != nil), ("--arch", arch != nil), ("--image", image != nil), ("--normalise", normalise != nil),
      ("--data", data != nil), ("--allow-non-finite", allowNonFinite),
    ]
  }

  /// What the options tell of the network.
  private func request() throws -> ModelRequest {
    var request = ModelRequest(
      imageShape: try image.map(imageShape), preprocessing: try normalise.map(preprocessing))
    if let arch, arch.hasSuffix(".json") || arch.contains("/") {
      request.definition = try readDefinition(path: arch)
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
