import ArgumentParser
import Evaluation
import Failures
import Files
import NetworkOptions
import Records
import Serving
import ToolOptions
import ToolSupport

/// Answers requests on standard input with replies on standard output: inference and attacks as a service.
@main
struct ServeCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-serve", abstract: "Predict and attack as a service over standard input and output.",
    examples: [
      #"echo '{"id":1,"op":"predict","image":{"data":"digits","index":0}}' | cusp-serve model.h5"#,
      "cusp-serve model.h5 < requests.ndjson > replies.ndjson",
    ])

  @Argument(
    help: "The model file.", completion: .modelFiles)
  var model: String
  @OptionGroup var network: NetworkOptions
  @Option(help: "The most requests taken together; the default is the model's batch. Changes speed, never a reply.")
  var batchSize: Int?
  @Option(
    help: ArgumentHelp(
      "How long a request waits for others to fill its batch; 0, the default, for no longer than input is at hand.",
      valueName: "milliseconds"))
  var maxDelay = 0
  @Flag(help: "Write replies as they are ready, not in the order of the requests.") var unordered = false
  @Option(help: "The longest line in bytes; a longer one gets an error record.")
  var maxLine = LineReader.defaultMaximalLength
  @Flag(help: "Take a model with numbers that are not finite, too, to look at it.") var allowNonFinite = false
  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size \(batchSize): give 1 or more") }
    guard (0...3_600_000).contains(maxDelay) else {
      throw ValidationError("--max-delay \(maxDelay): give 0 to 3600000 milliseconds")
    }
    guard model != "-" else { throw ValidationError("-: standard input carries the requests; name a model file") }
    if maxDelay > 0, batchSize == 1 {
      throw ValidationError("--max-delay \(maxDelay): a batch of 1 waits for no other; leave one of them out")
    }
    guard (1...1 << 30).contains(maxLine) else { throw ValidationError("--max-line \(maxLine): give 1 to 2^30 bytes") }
  }

  func execute(_ context: ToolContext) throws {
    endInputOnTermination()
    let loaded = try LoadedModel(
      reading: InputFile(path: model), network.request(), allowsNonFinite: allowNonFinite,
      on: engine.makeBackend(context.diagnostics))
    context.diagnostics.note(loaded)
    var limits = ServiceLimits()
    (limits.batchSize, limits.lineLength, limits.maximalDelay) = (batchSize, maxLine, .milliseconds(maxDelay))
    let service = Service(try ServedModel(loaded), limits: limits, keepsOrder: !unordered)
    let tally = try service.run(output: context.output)
    context.diagnostics.note("\(tally.replies) replies, \(tally.errors) errors")
  }
}
