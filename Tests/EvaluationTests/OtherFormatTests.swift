import Checkpoints
import Evaluation
import Failures
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Programs
import Tensors
import TestSupport
import Testing

/// Models are read from files of any format whose network is known.
@Suite("Models of other formats")
struct OtherFormatTests {
  private func read(_ path: String) throws -> LoadedModel {
    try LoadedModel(reading: InputFile(path: path), on: PortableBackend(threads: 1))
  }

  /// The small network in `format`, beside its checkpoint.
  private func convert(_ format: ModelFormat, in folder: String) throws -> String {
    let (model, path) = ("\(folder)/model.h5", "\(folder)/model.\(format.suffixes[0])")
    try makeCheckpoint(preprocessing: Preprocessing(mean: [0.25], standardDeviation: [0.5])).write(to: model)
    let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
    if format != .hdf5 { _ = try Conversion(TensorFile(path: model), by: derivation).write(format, to: path) }
    return path
  }

  @Test("A model of any format is the one that it was made from", arguments: ModelFormat.allCases.filter(\.isSupported))
  func same(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try convert(format, in: folder)
      let (own, other) = (try read("\(folder)/model.h5"), try read(path))
      #expect(other.digest == own.digest && other.checkpoint.parameters == own.checkpoint.parameters)
      #expect(other.graph.definition.preprocessing.mean == [0.25])
      #expect(own.notes.isEmpty)
      let pixels = Tensor([32, 1, 8, 8], FormulaWeights.pixels(shape: [32, 1, 8, 8]))
      var logits = [Tensor([32, 10]), Tensor([32, 10])]
      try own.inference().forward(pixels, into: &logits[0])
      try other.inference().forward(pixels, into: &logits[1])
      #expect(logits[0] == logits[1])
    }
  }

  @Test("A graph's network is told about, and one that no architecture fits is refused with a way out")
  func others() throws {
    let model = try read(Fixture.path("onnx/softmax-script.onnx"))
    #expect(model.notes.first?.hasPrefix("a graph of ") == true)
    #expect(model.notes.last == "its last Softmax is taken off, so that it gives logits")
    #expect((model.channels, model.graph.classCount, model.data) == (2, 3, "digits"))
    for (name, words) in [
      ("interchange/state.pt", "torch.onnx.export(model, (images,), \"model.onnx\")"),
      ("interchange/state.safetensors", "fit no architecture"),
      ("unread/complex.h5", "x: complex numbers are not read"),
      ("make/hdf5.py", "text, no model; these are read: hdf5, pytorch, "),
    ] {
      let failure = #expect(throws: Failure.self, "\(name)") { _ = try read(Fixture.path(name)) }
      #expect(failure?.kind == .data && failure?.message.contains(words) == true, "\(String(describing: failure))")
    }
  }

  @Test("Names of classes, epochs and provenance travel with an ONNX file, and its data set is the one asked for")
  func documents() throws {
    try Fixture.withTemporaryFolder { folder in
      let names = (0..<10).map { "class \($0)" }
      let plain = try makeCheckpoint()
      var checkpoint = try Checkpoint(
        definition: plain.definition, parameters: plain.parameters, classNames: names,
        progress: Checkpoint.Progress(epoch: 7))
      checkpoint.documents.configuration = #"{"data":"cifar10:/x"}"#
      try checkpoint.write(to: "\(folder)/m.h5")
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: ["m.h5", "m.onnx"])
      _ = try Conversion(TensorFile(path: "\(folder)/m.h5"), by: derivation).write(.onnx, to: "\(folder)/m.onnx")
      let model = try read("\(folder)/m.onnx")
      #expect(model.checkpoint.classNames == names && model.checkpoint.progress.epoch == 7)
      let steps = try #require(Provenance(json: model.checkpoint.documents.provenance)).steps
      #expect(steps.map(\.tool) == ["cusp-convert"] && steps[0].parent == .model(digest: checkpoint.digest))
      // The configuration of training stays behind, and the data set with it.
      #expect(model.data == "digits")
      let asked = try LoadedModel(
        reading: InputFile(path: "\(folder)/m.onnx"), data: "fashion:/y", on: PortableBackend(threads: 1))
      #expect(asked.data == "fashion:/y" && asked.digest == checkpoint.digest)
    }
  }

  @Test("Numbers that are not finite are refused in every format", arguments: [ModelFormat.onnx, .safetensors])
  func notFinite(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let checkpoint = try makeCheckpoint()
      var parameters = checkpoint.parameters
      let first = parameters.specs[0]
      parameters[first.path] = Tensor(first.shape, filledWith: .infinity)
      try Checkpoint(definition: checkpoint.definition, parameters: parameters).write(to: "\(folder)/m.h5")
      let path = "\(folder)/m.\(format.suffixes[0])"
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
      _ = try Conversion(TensorFile(path: "\(folder)/m.h5"), by: derivation).write(format, to: path)
      #expect(throws: Failure.self) { _ = try read(path) }
      let taken = try LoadedModel(
        reading: InputFile(path: path), allowsNonFinite: true, on: PortableBackend(threads: 1))
      #expect(taken.checkpoint.parameters == parameters)
    }
  }
}
