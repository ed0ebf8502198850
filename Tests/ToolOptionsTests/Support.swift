import ArgumentParser
import Checkpoints
import Failures
import Networks
import Tensors
import Testing

/// A checkpoint of the small network for digits; all weights are alike.
func makeCheckpoint(configuration: String = "", classCount: Int = 10) throws -> Checkpoint {
  let definition = Architecture.digitsCNN.definition(classCount: classCount)
  let parameters = try Parameters(of: NetworkGraph(definition)) { Tensor($0.shape, filledWith: 0.25) }
  return try Checkpoint(
    definition: definition, parameters: parameters, documents: .init(configuration: configuration))
}

/// Expects that `Options` refuse `arguments` with a message that begins as `message`.
func expectRefusal<Options: ParsableArguments>(
  _ options: Options.Type, _ arguments: [String], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try Options.parse(arguments) }
  guard let error else { return }
  let found = Options.message(for: error)
  #expect(found.hasPrefix(message), "\(found)", sourceLocation: sourceLocation)
}
