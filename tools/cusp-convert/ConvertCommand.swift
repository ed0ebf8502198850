// A model or data file in, another format out:
//   cusp-convert model.pt model.h5

import ArgumentParser
import Datasets
import Failures
import Interchange
import NetworkOptions
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
      Reads HDF5, PyTorch, TorchScript, safetensors, npz, Keras and ONNX by their content; writes what the name of OUT ends in, or --to says. \
      Nothing in a file is run. Data sets are named as --data of the other programs takes them.
      """)

  @Argument(
    help: "A model or data file, a data set, or - for standard input.",
    completion: .list(["*"] + DatasetReference.patterns))
  var input = "-"
  @Argument(
    help: "The file to write, {epoch} in it for the model's epoch; - for standard output.", completion: .file())
  var output = "-"
  @Option(
    help: "The format to write: h5, pt, safetensors, npz, keras, keras.h5 or onnx; the default is what OUT ends in.",
    completion: .list(["h5", "pt", "safetensors", "npz", "keras", "keras.h5", "onnx"]))
  var to: String?
  @OptionGroup var network: NetworkOptions
  @Option(
    help: "The data set the model was trained on, which other programs then take by default.",
    completion: .list(DatasetReference.patterns))
  var data: String?
  @Flag(help: "Leave out what is not read, such as complex numbers, and say so.") var skipUnreadable = false
  @Flag(help: "Take models with numbers that are not finite, too, to look at them.") var allowNonFinite = false
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    if let sets = try DataConversion(input: input, output: output, skipsUnread: skipUnreadable) {
      if let name = modelOptions.first {
        throw Failure(.usage, "\(name) is for models, and \(input) is a data set: leave it out")
      }
      try sets.run(context)
    } else {
      var conversion = ModelConversion(
        output: try Destination(output, format: to), request: try network.request(),
        readingToo: network.files, data: data,
        tolerance: .init(skipsUnread: skipUnreadable, allowsNonFinite: allowNonFinite), context: context)
      try Inputs(input).forEach(context, passesOthers: !conversion.output.isStream) { try conversion.run($0) }
    }
  }

  /// The options that were given and are of models alone.
  private var modelOptions: [String] {
    let others = [("--to", to != nil), ("--data", data != nil), ("--allow-non-finite", allowNonFinite)]
    return network.given + others.filter(\.1).map(\.0)
  }
}
