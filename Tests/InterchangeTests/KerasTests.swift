import Archives
import Failures
import Files
import Foundation
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// The member `name` of the archive `bytes` after `change`, in an archive with right checksums.
func changedMember(_ name: String, _ bytes: [UInt8], _ change: (String) -> String) throws -> [UInt8] {
  let archive = try ZipArchive(bytes, limit: 1 << 26, name: "x")
  return try zipStoring(
    archive.entries.map { entry in
      let content = try archive.contents(of: entry)
      let isWanted = entry.name == name
      return (
        name: entry.name, bytes: isWanted ? Array(change(String(decoding: content, as: UTF8.self)).utf8) : content
      )
    })
}

/// Models that Keras wrote.
@Suite("Models of Keras")
struct KerasTests {
  private func path(_ name: String) -> String { Fixture.path("keras/\(name)") }

  private func model(_ name: String) throws -> MatchedModel { try TensorFile(path: path("\(name).keras")).model() }

  private func kinds(_ model: MatchedModel) -> [String] { model.graph.vertices.map(\.node.layer.name) }

  private func layer(_ model: MatchedModel, _ name: String) throws -> Layer {
    try #require(model.graph.vertices.first { $0.node.name == name }).node.layer
  }

  static let names = [
    "plain", "softmaxed", "separable", "strided", "merged", "rescaled", "normalised", "nested", "shared",
    "channels-first", "transposed", "normed", "flat", "listed",
  ]

  static let files =
    names.map { "\($0).keras" }
    + ["plain.h5", "separable.h5", "nested.h5", "shared.h5", "old-sequential.h5", "old-functional.h5"]

  @Test("Keras gives the same logits", arguments: files)
  func logitsAgree(file: String) throws {
    let stem = try #require(file.split(separator: ".").first.map(String.init))
    let name = ["old-sequential": "plain", "old-functional": "separable"][stem] ?? stem
    let json = try JSON(parsing: [UInt8](Fixture.data("keras/expected.json")))
    let row = try #require(json[name])
    let model = try TensorFile(path: path(file)).model()
    let image = try #require(row["image"]?.array).compactMap(\.integer)
    #expect(model.graph.imageShape.sizes == image)
    let shape = [3] + image
    var expected = try #require(row["logits"]?.array).flatMap { $0.array ?? [] }.compactMap(\.number)
    var found = try logits(model, Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))).map(Double.init)
    let hasSoftmax = row["softmax"]?.bool == true
    #expect(model.notes.contains { $0.contains("is taken off") } == hasSoftmax, "\(model.notes)")
    if hasSoftmax {
      // Probabilities say logits up to a number for each image.
      for start in stride(from: 0, to: found.count, by: 3) {
        let sum = log(found[start..<start + 3].reduce(0) { $0 + exp($1) })
        for place in start..<start + 3 { found[place] -= sum }
      }
      expected = expected.map { log($0) }
    }
    let scale = expected.map(abs).max() ?? 0
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == expected.count && worst <= 1e-5 * max(scale, 1), "\(worst) of \(scale)")
  }

  @Test("Layers are those of the model, under its names")
  func layersStay() throws {
    let plain = try model("plain")
    #expect(
      kinds(plain) == [
        "convolution", "relu", "max-pooling", "convolution", "tanh", "flatten", "dropout", "dense", "relu", "dense",
      ])
    #expect(plain.graph.definition.architecture == "keras" && plain.graph.classCount == 3)
    #expect(
      plain.graph.parameters.map(\.path.text) == [
        "conv2d.weight", "conv2d.bias", "conv2d_1.weight", "conv2d_1.bias", "dense.weight", "dense.bias",
        "logits.weight", "logits.bias",
      ])
    #expect(plain.notes.first == "a sequential model of 9 layers, by Keras 3.15.1: images 2x8x8, 3 classes")
    let softmaxed = try model("softmaxed")
    #expect(
      try layer(softmaxed, "batch_normalization")
        == .batchNormalization(BatchNormalization(epsilon: 1e-5, momentum: 0.1)))
    #expect(try layer(softmaxed, "spatial_dropout2d") == .dropout(Dropout(rate: 0.1, scope: .channel)))
    let separable = try model("separable")
    let names = separable.graph.parameters.map(\.path.text)
    #expect(Set(names).isSuperset(of: ["first.depthwise.weight", "first.pointwise.bias", "norm.running_var"]))
    #expect(!names.contains("first.depthwise.bias") && kinds(separable).contains("product"))
    #expect(try Set(model("nested").graph.parameters.map(\.path.text)).contains("base.block.conv2d.weight"))
  }

  @Test("The odd zero of padding goes behind, and zeros of a layer of their own become padding")
  func padding() throws {
    let model = try model("strided")
    let settings = model.graph.vertices.compactMap { vertex -> Margins? in
      switch vertex.node.layer {
      case .convolution(let settings): settings.padding
      case .maxPooling(let settings): settings.padding
      default: nil
      }
    }
    #expect(settings[0] == Margins(top: 0, left: 0, bottom: 1, right: 1))
    #expect(settings[1] == Margins(top: 1, left: 1, bottom: 2, right: 1))
    #expect(settings[2] == Margins(top: 0, left: 1, bottom: 1, right: 0))
    #expect(settings[3] == Margins(top: 0, left: 0, bottom: 1, right: 1))
    #expect(settings[5] == Margins(2) || settings.last == Margins(2), "\(settings)")
  }

  @Test("Scales at the beginning become preprocessing, over 255 where they were for bytes")
  func preprocessing() throws {
    let wanted = Preprocessing(mean: [0.25, 0.5], standardDeviation: [0.5, 0.25])
    #expect(try model("normalised").graph.definition.preprocessing == wanted)
    let rescaled = try model("rescaled")
    #expect(rescaled.graph.definition.preprocessing == Preprocessing(mean: [0.5, 0.5], standardDeviation: [0.5, 0.5]))
    #expect(
      rescaled.notes.contains { $0.hasSuffix("over 255: it was made for pixels of 0...255, and takes 0...1 now") })
    #expect(rescaled.notes.contains("left out what acts in training alone: random_flip, gaussian_noise"))
    let asked = ModelRequest(preprocessing: Preprocessing(mean: [0.125], standardDeviation: [0.5]))
    let other = try TensorFile(path: path("rescaled.keras")).model(asked)
    #expect(other.graph.definition.preprocessing.mean == [0.125, 0.125])
  }

  @Test("Both kinds of files are told by what they hold")
  func formats() throws {
    let (archive, old) = (try TensorFile(path: path("plain.keras")), try TensorFile(path: path("plain.h5")))
    #expect(archive.format == .keras && old.format == .kerasLegacy && !old.isCheckpoint)
    #expect(archive.metadata["keras_version"] == "3.15.1" && old.metadata["keras_version"] == "3.15.1")
    #expect(archive.tensors.contains { $0.name == "layers.conv2d.vars.0" })
    #expect(ModelFormat(suffixOf: "x.keras.h5") == .kerasLegacy && ModelFormat(suffixOf: "keras.h5") == .hdf5)
    #expect(ModelFormat(rawValue: "keras-h5") == .kerasLegacy)
    #expect(try archive.tree().children.map(\.kind) == ["member", "member", "member", "sequential model", "group"])
    // The weights of one are those of the other.
    let models = [try archive.model(), try old.model()]
    #expect(try models[0].parameters() == models[1].parameters())
    #expect(models[0].graph.definition == models[1].graph.definition)
  }

  @Test("Open sizes are asked for, and others than the file's refused")
  func sizes() throws {
    let bytes = [UInt8](try Fixture.data("keras/softmaxed.keras"))
    let open = try changedMember("config.json", bytes) {
      $0.replacingOccurrences(of: "[null, 8, 8, 2]", with: "[null, null, null, 2]")
    }
    let file = try TensorFile(ByteSource(open, name: "x.keras"))
    #expect(
      refusal { _ = try file.model() }
        == "x.keras: leaves the sizes of its images open; cusp-convert --image CxHxW gives them")
    #expect(try file.model(ModelRequest(imageShape: [2, 12, 10])).graph.imageShape == [2, 12, 10])
    let message = refusal { _ = try file.model(ModelRequest(imageShape: [3, 12, 10])) }
    #expect(message == "x.keras: is made for images 2x?x?, not 3x12x10; leave out --image", "\(message ?? "")")
  }

  @Test(
    "What is not taken is refused by layer, class and setting",
    arguments: [
      ("lambda", "layer lambda, Lambda: is code, and nothing in a file is run; give it a layer of Keras"),
      ("layer-norm", "layer norm, LayerNormalization: axis [-1] is not taken, only all of an image: [1, 2, 3]"),
      ("cropping", "layer cropping2d, Cropping2D: is a class that is not taken; formats/keras.md lists those that are"),
      ("selu", "Conv2D: activation selu is not taken; formats/keras.md lists those that are"),
      ("two-inputs", "a model of 2 inputs and 1 outputs; only networks from one image to its logits are taken"),
      ("scalar", "layer multiply, Multiply: is called with numbers or other arguments that are no tensors"),
      ("sequence", "Conv1D: is a class that is not taken"),
    ])
  func refusals(name: String, words: String) throws {
    let file = try TensorFile(path: path("refused-\(name).keras"))
    let message = refusal { _ = try file.model() }
    #expect(message?.contains(words) == true, "\(message ?? "taken")")
    #expect(message?.hasPrefix(path("refused-\(name).keras")) == true)
  }

  /// The refusal of the file `name` whose settings have `old` replaced by `new`.
  private func changed(_ name: String, _ old: String, _ new: String) throws -> String {
    let bytes = [UInt8](try Fixture.data("keras/\(name).keras"))
    let other = try changedMember("config.json", bytes) { text in
      #expect(text.contains(old))
      return text.replacingOccurrences(of: old, with: new)
    }
    return refusal { _ = try TensorFile(ByteSource(other, name: "x")).model().parameters() } ?? "taken"
  }

  @Test("Settings that this package has not are named")
  func settings() throws {
    let cases = [
      ("plain", "\"padding\": \"same\"", "\"padding\": \"causal\"", "padding \"causal\" is not taken, only"),
      ("plain", "\"kernel_size\": [3, 3]", "\"kernel_size\": [3]", "its kernel_size is no height and width"),
      ("plain", "\"kernel_size\": [3, 3]", "\"kernel_size\": [3, 5]", "its kernel is 3x3x2x4, not 3x5x2x4"),
      ("plain", "\"units\": 5", "\"units\": 6", "layer dense, Dense: its kernel is 36x5, not 36x6"),
      ("plain", "\"units\": 5", "\"units\": 5000000", "its units is no integer up to 1048576"),
      ("plain", "\"filters\": 4", "\"filters\": -4", "filters -4 and groups 1 do not fit 2 channels"),
      ("plain", "\"use_bias\": true", "\"use_bias\": 1", "its use_bias is neither true nor false"),
      ("plain", "\"use_bias\": true", "\"use_bias\": false", "has more tensors than kernel; it is of another kind"),
      ("plain", "\"rate\": 0.25", "\"rate\": 1.5", "layer dropout, Dropout: needs a rate in 0..<1"),
      ("plain", "\"noise_shape\": null", "\"noise_shape\": [1, 5]", "noise_shape [1,5] is not taken"),
      ("plain", "\"class_name\": \"Sequential\"", "\"class_name\": \"Mine\"", "a model of class Mine; only sequential"),
      ("softmaxed", "\"axis\": -1", "\"axis\": 2", "axis [2] is not taken, only that of channels"),
      ("softmaxed", "\"renorm\": false", "\"renorm\": true", "renorm true is not taken, only false"),
      ("softmaxed", "\"threshold\": 0.0", "\"threshold\": 0.5", "threshold is not taken but as 0"),
      ("softmaxed", "\"max_value\": null", "\"max_value\": 5", "max_value is not taken but as 6"),
      ("separable", "\"target_shape\": [1, 1, 4]", "\"target_shape\": [2, 2, 1]", "makes 2x2x1 of 4, which is not"),
      ("merged", "\"class_name\": \"Average\"", "\"class_name\": \"Maximum\"", "reads 3 tensors, which is not taken"),
      ("merged", "\"axis\": -1", "\"axis\": 1", "Softmax: axis is not taken, only that of channels"),
      ("rescaled", "\"offset\": -1", "\"offset\": \"x\"", "its offset is no list of numbers"),
      ("rescaled", "\"scale\": 0.00", "\"scale\": 0e", "multiplies by 0 or by numbers beyond all bounds"),
      ("transposed", "\"bilinear\"", "\"lanczos3\"", "interpolation lanczos3 is not taken, only nearest and bilinear"),
      ("channels-first", "\"channels_first\"", "\"channels_middle\"", "data_format channels_middle is not that of"),
      ("normed", "\"rms_scaling\": false", "\"rms_scaling\": true", "rms_scaling true is not taken, only false"),
      (
        "shared", "\"keras_history\": [\"input_layer\", 0, 0]", "\"keras_history\": [\"x\", 0, 0]",
        "no layer is called x"
      ),
      ("shared", "[\"conv2d\", 1, 0]", "[\"conv2d\", 7, 0]", "is read by call 7, output 0, which it has not"),
      ("shared", "[\"activation\", 0, 0]", "[\"conv2d\", 1, 0]", "reads what it makes itself"),
      (
        "strided", "\"class_name\": \"ReLU\"", "\"class_name\": \"ELU\"", "whose zeros may be maxima; only after a ReLU"
      ),
    ]
    for (name, old, new, words) in cases {
      let message = try changed(name, old, new)
      #expect(message.contains(words), "\(name), \(new): \(message)")
    }
  }
}
