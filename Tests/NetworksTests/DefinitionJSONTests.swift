import Foundation
import Networks
import Symmetry
import Testing

/// A node's JSON with every setting, for every kind of layer.
private let nodes: [(kind: String, settings: [String: String], layer: Layer)] = [
  (
    "convolution",
    [
      "outputChannels": "8", "kernelSize": "5", "stride": "2", "padding": "1", "groups": "4", "bias": "false",
      "initialWeights": #""kaiming-normal""#,
    ],
    .convolution(
      Convolution(
        outputChannels: 8, kernelSize: 5, stride: 2, padding: 1, groups: 4, bias: false, initialWeights: .kaimingNormal)
    )
  ),
  (
    "batch-normalization", ["epsilon": "0.5", "momentum": "0.25"],
    .batchNormalization(BatchNormalization(epsilon: 0.5, momentum: 0.25))
  ),
  (
    "convolution",
    [
      "outputChannels": "8", "kernelSize": "[5,3]", "stride": "[2,1]", "padding": "[0,1,2,3]", "dilation": "[1,2]",
      "groups": "4", "bias": "false", "initialWeights": #""zero""#,
    ],
    .convolution(
      Convolution(
        outputChannels: 8, kernelSize: Extent(height: 5, width: 3), stride: Extent(height: 2, width: 1),
        padding: Margins(top: 0, left: 1, bottom: 2, right: 3), dilation: Extent(height: 1, width: 2), groups: 4,
        bias: false, initialWeights: .zero))
  ),
  ("relu", [:], .relu), ("relu6", [:], .activation(.relu6)),
  ("leaky-relu", ["slope": "0.25"], .activation(.leakyReLU(slope: 0.25))),
  ("elu", ["alpha": "0.5"], .activation(.elu(alpha: 0.5))), ("gelu", [:], .activation(.gelu)),
  ("gelu-tanh", [:], .activation(.geluTanh)), ("silu", [:], .activation(.silu)),
  ("sigmoid", [:], .activation(.sigmoid)), ("tanh", [:], .activation(.tanh)),
  ("hard-sigmoid", [:], .activation(.hardSigmoid)), ("hard-swish", [:], .activation(.hardSwish)),
  ("softplus", [:], .activation(.softplus)),
  (
    "average-pooling",
    [
      "kernelSize": "[3,3]", "stride": "[2,2]", "padding": "[1,1,1,1]", "ceilMode": "true", "countsPadding": "false",
    ],
    .averagePooling(
      Pooling(
        kernelSize: Extent(3), stride: Extent(2), padding: Margins(1), ceilMode: true, countsPadding: false))
  ),
  (
    "adaptive-average-pooling", ["outputSize": "[3,2]"], .adaptiveAveragePooling(Extent(height: 3, width: 2))
  ),
  ("stochastic-depth", ["rate": "0.5"], .dropout(Dropout(rate: 0.5, scope: .image))),
  ("channel-slice", ["start": "2", "count": "3"], .channelSlice(ChannelSlice(start: 2, count: 3))),
  ("channel-shuffle", ["groups": "3"], .channelShuffle(groups: 3)),
  ("channel-permutation", ["order": "[1,0]"], .channelPermutation(order: [1, 0])),
  ("channel-padding", ["before": "1", "after": "0"], .channelPadding(ChannelPadding(before: 1, after: 0))),
  ("image-standardization", [:], .imageStandardization),
  ("scale-shift", ["scale": "[2]", "shift": "[0.5]"], .scaleShift(ScaleShift(scale: [2], shift: [0.5]))),
  ("product", [:], .product), ("softmax", [:], .softmax),
  (
    "transposed-convolution",
    [
      "outputChannels": "8", "kernelSize": "[5,3]", "stride": "[2,1]", "padding": "[0,1,2,3]", "outputPadding": "[1,0]",
      "dilation": "[1,2]", "groups": "4", "bias": "false", "initialWeights": #""zero""#,
    ],
    .transposedConvolution(
      TransposedConvolution(
        outputChannels: 8, kernelSize: Extent(height: 5, width: 3), stride: Extent(height: 2, width: 1),
        padding: Margins(top: 0, left: 1, bottom: 2, right: 3), outputPadding: Extent(height: 1, width: 0),
        dilation: Extent(height: 1, width: 2), groups: 4, bias: false, initialWeights: .zero))
  ),
  (
    "group-normalization", ["groups": "4", "epsilon": "0.5", "affine": "true"],
    .groupNormalization(GroupNormalization(groups: 4, epsilon: 0.5))
  ),
  (
    "layer-normalization", ["epsilon": "0.5", "affine": "false"],
    .layerNormalization(LayerNormalization(epsilon: 0.5, affine: false))
  ),
  (
    "local-response-normalization", ["size": "5", "alpha": "0.5", "beta": "0.75", "k": "2"],
    .localResponseNormalization(LocalResponseNormalization(size: 5, alpha: 0.5, k: 2))
  ),
  (
    "upsampling", ["factor": "[2,3]", "mode": #""bilinear""#],
    .upsampling(Upsampling(factor: Extent(height: 2, width: 3), mode: .bilinear))
  ),
  (
    "max-pooling", ["kernelSize": "3", "stride": "2", "padding": "1"],
    .maxPooling(Pooling(kernelSize: 3, stride: 2, padding: 1))
  ),
  ("average-pooling", ["kernelSize": "0", "stride": "1", "padding": "0"], .averagePooling(.global)),
  (
    "dense", ["outputs": "10", "bias": "true", "initialWeights": #""zero""#],
    .dense(Dense(outputs: 10, initialWeights: .zero))
  ),
  ("dropout", ["rate": "0.5", "channelwise": "true"], .dropout(Dropout(rate: 0.5, channelwise: true))),
  (
    "group-convolution",
    [
      "group": #""p4m""#, "lifting": "true", "outputChannels": "8", "kernelSize": "5", "stride": "2", "padding": "1",
      "bias": "false", "initialWeights": #""kaiming-normal-fan-out""#,
    ],
    .groupConvolution(
      GroupConvolution(
        .p4m, lifting: true, outputChannels: 8, kernelSize: 5, stride: 2, padding: 1, bias: false,
        initialWeights: .kaimingNormalFanOut))
  ),
  (
    "group-batch-normalization", ["group": #""p4""#, "epsilon": "0.5", "momentum": "0.25"],
    .groupBatchNormalization(BatchNormalization(epsilon: 0.5, momentum: 0.25), over: .p4)
  ),
  ("group-max-pooling", ["group": #""p4m""#], .groupMaxPooling(.p4m)),
  ("group-average-pooling", ["group": #""p4""#], .groupAveragePooling(.p4)),
  ("flatten", [:], .flatten), ("sum", [:], .sum), ("concatenation", [:], .concatenation),
]

private func json(kind: String, _ settings: [String: String]) -> Data {
  let all = settings.merging(["kind": "\"\(kind)\"", "name": #""a""#, "inputs": #"["input"]"#]) { $1 }
  return Data("{\(all.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
}

private func decode(_ data: Data) throws -> Node { try JSONDecoder().decode(Node.self, from: data) }

/// The dotted key at which decoding `text` fails; nil if it succeeds.
private func fault<Value: Decodable>(_ type: Value.Type, _ text: Data) -> String? {
  func place(_ path: [any CodingKey]) -> String {
    path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
  }
  do {
    _ = try JSONDecoder().decode(type, from: text)
    return nil
  } catch let DecodingError.keyNotFound(key, context) {
    return place(context.codingPath + [key])
  } catch let DecodingError.typeMismatch(_, context) {
    return place(context.codingPath)
  } catch let DecodingError.valueNotFound(_, context) {
    return place(context.codingPath)
  } catch let DecodingError.dataCorrupted(context) {
    return place(context.codingPath)
  } catch {
    return "\(error)"
  }
}

@Suite("Definitions as JSON")
struct DefinitionJSONTests {
  @Test("every kind of layer is here", arguments: [Layer.Kind.allCases])
  func complete(kinds: [Layer.Kind]) { #expect(Set(nodes.map(\.kind)) == Set(kinds.map(\.rawValue))) }

  @Test("every layer is read from its kind and settings, and written the same")
  func layers() throws {
    for (kind, settings, layer) in nodes {
      let node = try decode(json(kind: kind, settings))
      #expect(node == Node(name: "a", inputs: ["input"], layer: layer))
      #expect(layer.name == kind)
      let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(node)) as? NSDictionary
      let expected = try JSONSerialization.jsonObject(with: json(kind: kind, settings)) as? NSDictionary
      #expect(written == expected, "\(kind)")
    }
  }

  @Test("a setting that is missing, null or of another type is told by its key")
  func settings() {
    for (kind, settings, _) in nodes {
      for key in settings.keys {
        var changed = settings
        changed[key] = nil
        #expect(fault(Node.self, json(kind: kind, changed)) == key, "\(kind) without \(key)")
        for value in ["null", "[]", "{}", #""3x""#] {
          changed[key] = value
          #expect(fault(Node.self, json(kind: kind, changed)) == key, "\(kind) with \(key) = \(value)")
        }
      }
    }
  }

  @Test(
    "whole settings are neither fractions nor beyond an integer",
    arguments: ["1.5", "1e30", "true", "9223372036854775808"])
  func integers(value: String) {
    let settings = ["kernelSize": "3", "stride": "2", "padding": "1"]
    for key in settings.keys {
      #expect(fault(Node.self, json(kind: "max-pooling", settings.merging([key: value]) { $1 })) != nil)
    }
  }

  @Test(
    "a kind that is unknown, cased otherwise or no text is told",
    arguments: [#""Relu""#, #""arctan""#, #""""#, "1", "null"])
  func kinds(kind: String) {
    let text = #"{"name":"a","inputs":["input"],"kind":\#(kind)}"#
    #expect(fault(Node.self, Data(text.utf8)) == "kind")
  }

  @Test("a definition's fault is told by its whole path")
  func paths() {
    let sound =
      #"{"architecture":"a","imageShape":[1,2,2],"classCount":2,"preprocessing":{"mean":[],"standardDeviation":[]},"#
      + #""nodes":[{"name":"f","inputs":["input"],"kind":"flatten"},"#
      + #"{"name":"d","inputs":["f"],"kind":"dropout","rate":0.5,"channelwise":false}]}"#
    #expect(fault(NetworkDefinition.self, Data(sound.utf8)) == nil)
    for (old, new, place) in [
      (#""architecture":"a""#, #""architecture":7"#, "architecture"), ("[1,2,2]", "[1,2,null]", "imageShape.2"),
      (#""classCount":2"#, #""classCount":"2""#, "classCount"),
      (#""mean":[]"#, #""mean":["x"]"#, "preprocessing.mean.0"),
      (#""mean":[],"#, "", "preprocessing.mean"), (#""nodes":"#, #""Nodes":"#, "nodes"),
      ("0.5", "true", "nodes.1.rate"),
      (#"["f"]"#, #"["f",0]"#, "nodes.1.inputs.1"), (#""name":"f","#, "", "nodes.0.name"),
      (#""kind":"flatten""#, #""kind":"flat""#, "nodes.0.kind"),
    ] {
      let text = sound.replacingOccurrences(of: old, with: new)
      #expect(text != sound)
      #expect(fault(NetworkDefinition.self, Data(text.utf8)) == place, "\(new)")
    }
  }

  @Test("keys that are not known are passed over, and none is written but the settings")
  func unknownKeys() throws {
    let node = try decode(json(kind: "relu", ["inplace": "true", "rate": #""x""#]))
    #expect(node.layer == .relu)
    let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(node)) as? [String: Any]
    #expect(Set((written ?? [:]).keys) == ["name", "inputs", "kind"])
  }

  @Test(
    "settings survive to the last bit",
    arguments: [Float(0.1), 1e-5, 0x1.fffffep-1, 0x1p-149, .greatestFiniteMagnitude])
  func floats(value: Float) throws {
    let node = Node(name: "n", inputs: ["input"], layer: .batchNormalization(BatchNormalization(epsilon: value)))
    #expect(try decode(JSONEncoder().encode(node)) == node)
  }
}
