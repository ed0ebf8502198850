import Archives
import Files
import Foundation
import Interchange
import Records
import Tensors
import TestSupport
import Testing

/// Runs a Keras archive layer by layer, as the layers are documented, in 64 bits and number by number: slow, and independent
/// of this package's layers.
struct KerasReference {
  /// Numbers with a shape, row-major; images are `[n, h, w, c]`.
  struct Array: Equatable {
    var shape: [Int]
    var values: [Double]

    init(_ shape: [Int], _ values: [Double]) { (self.shape, self.values) = (shape, values) }

    init(_ shape: [Int], filledWith value: Double = 0) {
      self.init(shape, .init(repeating: value, count: shape.reduce(1, *)))
    }

    /// Images with channels first, with channels last.
    init(channelsFirst images: Tensor) {
      let sizes = images.shape.sizes
      self.init([sizes[0], sizes[2], sizes[3], sizes[1]])
      var place = 0
      for image in 0..<sizes[0] {
        for row in 0..<sizes[2] {
          for column in 0..<sizes[3] {
            for channel in 0..<sizes[1] {
              let source = ((image * sizes[1] + channel) * sizes[2] + row) * sizes[3] + column
              values[place] = Double(images.values[source])
              place += 1
            }
          }
        }
      }
    }

    /// The number at `[n, y, x, c]`.
    subscript(image: Int, row: Int, column: Int, channel: Int) -> Double {
      get { values[((image * shape[1] + row) * shape[2] + column) * shape[3] + channel] }
      set { values[((image * shape[1] + row) * shape[2] + column) * shape[3] + channel] = newValue }
    }

    func map(_ change: (Double) -> Double) -> Array { Array(shape, values.map(change)) }
  }

  private let layers: [JSON]
  private let tensors: [String: Array]
  private let output: String

  /// The model in the archive at `path`.
  init(path: String) throws {
    let archive = try ZipArchive(ByteSource(path: path), limit: 1 << 28)
    let entry = try #require(archive.entries.first { $0.name == "config.json" })
    let config = try #require(try JSON(parsing: archive.contents(of: entry))["config"])
    layers = try #require(config["layers"]?.array)
    output = try #require(config["output_layers"]?.array?.first?.string)
    let file = try TensorFile(path: path)
    tensors = try Dictionary(
      uniqueKeysWithValues: file.tensors.map { tensor in
        (tensor.name, Array(tensor.shape.sizes, try file.floats(of: tensor).map(Double.init)))
      })
  }

  /// What the model makes of `images`.
  func run(_ images: Array) throws -> Array {
    var values: [String: Array] = [:]
    var counts: [String: Int] = [:]
    for layer in layers {
      let kind = try #require(layer["class_name"]?.string)
      let name = try #require(layer["name"]?.string)
      let base = Self.folder(kind)
      let number = counts[base, default: 0]
      counts[base] = number + 1
      let place = "layers.\(base)\(number == 0 ? "" : "_\(number)").vars."
      let weights = (0..<4).compactMap { tensors["\(place)\($0)"] }
      let inputs = try Self.reads(layer).map { try #require(values[$0], "\(name) reads \($0)") }
      let settings = Settings(json: try #require(layer["config"]))
      values[name] = kind == "InputLayer" ? images : try apply(kind, settings, inputs, weights)
    }
    return try #require(values[output])
  }

  /// The folder of a class, in words of small letters.
  private static func folder(_ kind: String) -> String {
    [
      "Conv2D": "conv2d", "DepthwiseConv2D": "depthwise_conv2d", "Conv2DTranspose": "conv2d_transpose",
      "Dense": "dense", "BatchNormalization": "batch_normalization", "GroupNormalization": "group_normalization",
      "LayerNormalization": "layer_normalization",
    ][kind] ?? kind
  }

  private static func reads(_ layer: JSON) -> [String] {
    func names(_ json: JSON) -> [String] {
      if let list = json.array { return list.flatMap(names) }
      return (json["config"]?["keras_history"]?.array?.first?.string).map { [$0] } ?? []
    }
    return (layer["inbound_nodes"]?.array ?? []).flatMap { names($0["args"] ?? .null) }
  }

  /// The settings of a layer.
  struct Settings {
    let json: JSON

    func number(_ name: String) throws -> Double { try #require(json[name]?.number, "\(name)") }

    func bool(_ name: String) -> Bool { json[name]?.bool == true }

    func text(_ name: String) throws -> String { try #require(json[name]?.string, "\(name)") }

    func pair(_ name: String) throws -> [Int] {
      let list = try #require(json[name]?.array, "\(name)").compactMap(\.integer)
      try #require(list.count == 2)
      return list
    }

    func sides(_ name: String) throws -> [[Int]] {
      try #require(json[name]?.array, "\(name)").map { ($0.array ?? []).compactMap(\.integer) }
    }

    /// A number for each of `count` channels.
    func channels(_ name: String, _ count: Int) throws -> [Double] {
      if let number = json[name]?.number { return .init(repeating: number, count: count) }
      return try #require(json[name]?.array, "\(name)").compactMap(\.number)
    }
  }

  private func apply(
    _ kind: String, _ settings: Settings, _ inputs: [Array], _ weights: [Array]
  ) throws -> Array {
    let input = inputs[0]
    switch kind {
    case "Conv2D", "DepthwiseConv2D": return try convolved(input, settings, weights, isDepthwise: kind != "Conv2D")
    case "Conv2DTranspose": return try transposed(input, settings, weights)
    case "Dense": return dense(input, weights)
    case "BatchNormalization", "GroupNormalization", "LayerNormalization":
      return try normed(kind, input, settings, weights)
    case "Normalization", "Rescaling": return try scaled(kind, input, settings)
    case "Activation", "LeakyReLU", "ELU", "Softmax": return try activated(kind, input, settings)
    case "MaxPooling2D", "AveragePooling2D": return try pooled(input, settings, isMaximum: kind == "MaxPooling2D")
    case "GlobalMaxPooling2D", "GlobalAveragePooling2D", "AdaptiveAveragePooling2D":
      return try reduced(kind, input, settings)
    case "ZeroPadding2D": return moved(input, by: try settings.sides("padding"))
    case "Cropping2D": return moved(input, by: try settings.sides("cropping").map { $0.map { -$0 } })
    case "UpSampling2D": return try upsampled(input, settings)
    case "Dropout", "SpatialDropout2D": return input
    case "Flatten": return Array([input.shape[0], input.values.count / input.shape[0]], input.values)
    case "Reshape":
      let target = try #require(settings.json["target_shape"]?.array).compactMap(\.integer)
      try #require(target.reduce(input.shape[0], *) == input.values.count)
      return Array([input.shape[0]] + target, input.values)
    case "Permute": return try permuted(input, #require(settings.json["dims"]?.array).compactMap(\.integer))
    default: return try combined(kind, inputs)
    }
  }

  // MARK: - Several tensors

  private func combined(_ kind: String, _ inputs: [Array]) throws -> Array {
    var result = inputs[0]
    if kind == "Concatenate" {
      let counts = inputs.map { $0.shape[$0.shape.count - 1] }
      let rows = inputs[0].values.count / counts[0]
      let values = (0..<rows).flatMap { row in
        zip(inputs, counts).flatMap { $0.values[row * $1..<(row + 1) * $1] }
      }
      return Array(inputs[0].shape.dropLast() + [counts.reduce(0, +)], values)
    }
    for other in inputs.dropFirst() {
      for place in result.values.indices {
        var source = place
        if other.shape != result.shape {
          // One number for each channel of an image.
          try #require(other.shape.count == 4 && other.shape[1...2] == [1, 1])
          let channels = other.shape[3]
          source = place / (result.values.count / result.shape[0]) * channels + place % channels
        }
        switch kind {
        case "Add": result.values[place] += other.values[source]
        case "Multiply": result.values[place] *= other.values[source]
        default: Issue.record("\(kind) is written, and known by no reference")
        }
      }
    }
    return result
  }

  private func permuted(_ input: Array, _ dims: [Int]) -> Array {
    let order = [0] + dims
    let shape = order.map { input.shape[$0] }
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in (0..<shape.count - 1).reversed() { strides[axis] = strides[axis + 1] * input.shape[axis + 1] }
    let values = input.values.indices.map { place -> Double in
      var (rest, source) = (place, 0)
      for axis in shape.indices.reversed() {
        source += rest % shape[axis] * strides[order[axis]]
        rest /= shape[axis]
      }
      return input.values[source]
    }
    return Array(shape, values)
  }
}
