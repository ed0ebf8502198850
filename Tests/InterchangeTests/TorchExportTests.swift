import Archives
import Failures
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Programs
import Records
import Tensors
import TestSupport
import Testing

/// Networks that `torch.export` wrote.
@Suite("Exported programs of PyTorch")
struct TorchExportTests {
  private func path(_ name: String) -> String { Fixture.path("torch-export/\(name).pt2") }

  private func model(_ name: String) throws -> MatchedModel { try TensorFile(path: path(name)).model() }

  private func kinds(_ model: MatchedModel) -> [String] { model.graph.vertices.map(\.node.layer.name) }

  static let names = [
    "plain", "normalised", "bent", "shuffled", "excited", "windows", "normed", "softmax", "log-softmax", "residual",
    "residual-training", "shared", "turned", "standardised",
  ]

  @Test("PyTorch gives the same logits", arguments: names)
  func logitsAgree(name: String) throws {
    let model = try model(name)
    let images = Tensor(Shape([3, 2, 8, 8]), FormulaWeights.pixels(shape: [3, 2, 8, 8]))
    let json = try JSON(parsing: [UInt8](Fixture.data("torch-export/expected.json")))
    var expected = try #require(json[name]?.array).flatMap { $0.array ?? [] }.compactMap(\.number)
    var found = try logits(model, images).map(Double.init)
    if model.notes.contains(where: { $0.contains("is taken off") }) {
      // Probabilities say logits up to a number for each image.
      for start in stride(from: 0, to: found.count, by: 3) {
        let sum = log(found[start..<start + 3].reduce(0) { $0 + exp($1) })
        for place in start..<start + 3 { found[place] -= sum }
      }
      if !name.hasPrefix("log") { expected = expected.map { log($0) } }
    }
    let scale = expected.map(abs).max() ?? 0
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == expected.count && worst <= 1e-5 * scale, "\(worst) of \(scale)")
  }

  @Test("Norms, dropouts and names are those of the module, in evaluation and in training")
  func layersStay() throws {
    let model = try model("residual")
    #expect(
      kinds(model) == [
        "convolution", "batch-normalization", "relu", "dropout", "convolution", "batch-normalization", "sum", "relu",
        "adaptive-average-pooling", "dropout", "flatten", "dense",
      ])
    #expect(try kinds(self.model("residual-training")) == kinds(model))
    let names = Set(model.graph.parameters.map(\.path.text))
    let own = ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.num_batches_tracked", "fc.bias"]
    #expect(names.isSuperset(of: own), "\(names)")
    let layers = model.graph.vertices.map(\.node.layer)
    #expect(layers[1] == .batchNormalization(BatchNormalization(epsilon: 1e-3, momentum: 0.01)))
    #expect(layers[3] == .dropout(Dropout(rate: 0.25, scope: .channel)))
    #expect(layers[9] == .dropout(Dropout(rate: 0.5)))
    #expect(model.graph.definition.architecture == "torch-export")
    #expect(model.notes.first?.contains("by PyTorch 2.") == true, "\(model.notes)")
  }

  @Test("Tensors are read by their strides, and one that is used twice becomes two")
  func tensors() throws {
    let file = try TensorFile(path: path("shared"))
    #expect(file.format == .torchExport && file.metadata["torch_version"]?.hasPrefix("2.") == true)
    let names = try model("shared").graph.parameters.map(\.path.text)
    #expect(names == ["conv.weight", "conv.bias", "conv-2.weight", "conv-2.bias", "fc.weight"])
    #expect(try Set(kinds(model("shared"))).isSuperset(of: ["relu6", "channel-shuffle"]))
  }

  @Test("Normalisation at the beginning becomes preprocessing")
  func preprocessing() throws {
    let wanted = Preprocessing(mean: [0.25, 0.5], standardDeviation: [0.5, 0.125])
    #expect(try model("normalised").graph.definition.preprocessing == wanted)
  }

  @Test("The standardisation of whole images is a layer, by which numbers it may be computed")
  func standardisation() throws {
    let model = try model("standardised")
    #expect(kinds(model).filter { $0 == "image-standardization" }.count == 2 && kinds(model).count == 7)
    for (old, new, words) in [
      (#""name":"correction","arg":{"as_int":0}"#, #""name":"correction","arg":{"as_int":1}"#, "a correction is not"),
      (#""name":"dim","arg":{"as_ints":[1]}"#, #""name":"dim","arg":{"as_ints":[0]}"#, "axes [0] are not taken"),
    ] {
      let message = try message(replacing: old, by: new, in: "standardised/models/model.json", of: "standardised")
      #expect(message?.contains(words) == true, "\(message ?? "taken")")
    }
  }

  @Test("A node that the output does not need may be anything")
  func unneededNodes() throws {
    // The image that `x[0].numel()` counts.
    let message = try message(
      replacing: "torch.ops.aten.select.int", by: "mine.select", in: "standardised/models/model.json",
      of: "standardised")
    #expect(message == nil, "\(message ?? "")")
    let whole = try model("standardised")
    let shapes = (whole.graph.imageShape, whole.graph.classCount)
    #expect(shapes == ([2, 8, 8], 3))
  }

  @Test("What is not taken is refused by node and operator")
  func refusals() throws {
    #expect(
      refusal { _ = try model("viewed") }?.contains("reads view, whose memory was changed through another tensor")
        == true)
    #expect(
      refusal { _ = try model("pair") }?.contains("a program of 2 inputs and 1 outputs; only networks from one image")
        == true)
    for (old, new, words) in [
      (
        #""target":"torch.ops.aten.hardtanh.default""#, #""target":"torch.ops.aten.erfinv.default""#,
        "node hardtanh, erfinv.default: is an operator that is not taken"
      ),
      (
        #""target":"torch.ops.aten.hardtanh.default""#, #""target":"mine.special""#,
        "mine.special: is an operator that is"
      ),
      (#""name":"running_mean","arg":{"as_tensor""#, #""name":"running_mean","arg":{"as_text""#, "running_mean"),
      (#""as_ints":[2,2]"#, #""as_ints":[2,2,2]"#, "only images in two dimensions are taken"),
      (#""tensor_values""#, #""tensor_value""#, "no program that is known, schema 8"),
    ] {
      let message = try message(replacing: old, by: new, in: "plain/models/model.json")
      #expect(message?.contains(words) == true, "\(words): \(message ?? "taken")")
    }
    let indices = (#""as_optional_tensors":[{"as_none":true}"#, #""as_optional_tensors":[{"as_tensor":{"name":"x"}}"#)
    #expect(
      try message(replacing: indices.0, by: indices.1, in: "turned/models/model.json", of: "turned")?
        .contains("index.Tensor: indices of 2 axes at once are not taken") == true)
  }

  @Test("Tensors that lie about themselves are refused")
  func hostile() throws {
    let config = "plain/data/weights/model_weights_config.json"
    for (old, new, words) in [
      (#""use_pickle": false"#, #""use_pickle": true"#, "is a pickled object, which is not read"),
      (#""dtype": 7"#, #""dtype": 9"#, "elements of kind 9"), (#""dtype": 7"#, #""dtype": 8"#, "reaches past its"),
      (#""storage_offset": {"as_int": 0}"#, #""storage_offset": {"as_int": 9}"#, "reaches past its"),
      (#""path_name": "weight_0""#, #""path_name": "../weight_0""#, "is not told in full"),
      (#""as_int": 4"#, #""as_int": 4611686018427387904"#, "reaches past its"),
      (#""as_int": 4"#, #""as_int": -4"#, "is not told in full"),
      (#"{"config":"#, #"{"config"#, "is not JSON"),
    ] {
      let message = try message(replacing: old, by: new, in: config)
      #expect(message?.contains(words) == true, "\(new): \(message ?? "taken")")
    }
    #expect(try message(replacing: "little", by: "big   ", in: "plain/byteorder")?.contains("big-endian") == true)
  }

  /// What reading a network says with `old` replaced in one of its files.
  private func message(
    replacing old: String, by new: String, in entry: String, of name: String = "plain"
  ) throws -> String? {
    let archive = try ZipArchive(ByteSource(path: path(name)), limit: 1 << 24)
    return try Fixture.withTemporaryFolder { folder in
      var writer = try ZipWriter(path: "\(folder)/changed.pt2", named: "changed.pt2")
      for one in archive.entries {
        var text = try archive.contents(of: one)
        if one.name == entry {
          let range = try #require(Data(text).range(of: Data(old.utf8)), "\(old) is not in \(entry)")
          text.replaceSubrange(range, with: Array(new.utf8))
        }
        try writer.add(one.name, text)
      }
      try writer.finish()
      return refusal { _ = try TensorFile(path: "\(folder)/changed.pt2").model() }
    }
  }
}
