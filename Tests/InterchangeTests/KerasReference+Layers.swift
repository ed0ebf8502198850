import Foundation
import Records
import TestSupport
import Testing

extension KerasReference {
  /// Zeros before and after rows and columns, or fewer of these.
  func moved(_ input: Array, by sides: [[Int]]) -> Array {
    let (n, h, w, c) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    var result = Array([n, h + sides[0][0] + sides[0][1], w + sides[1][0] + sides[1][1], c])
    for image in 0..<n {
      for row in 0..<result.shape[1] where (0..<h).contains(row - sides[0][0]) {
        for column in 0..<result.shape[2] where (0..<w).contains(column - sides[1][0]) {
          for channel in 0..<c {
            result[image, row, column, channel] = input[image, row - sides[0][0], column - sides[1][0], channel]
          }
        }
      }
    }
    return result
  }

  /// What `same` puts before and after an axis of `size`.
  private func same(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int = 1) -> [Int] {
    let windows = (size + stride - 1) / stride
    let total = max(0, (windows - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return [total / 2, total - total / 2]
  }

  func convolved(
    _ image: Array, _ settings: Settings, _ weights: [Array], isDepthwise: Bool
  ) throws -> Array {
    let (kernel, stride) = (try settings.pair("kernel_size"), try settings.pair("strides"))
    let (dilation, weight) = (try settings.pair("dilation_rate"), weights[0])
    var input = image
    if try settings.text("padding") == "same" {
      input = moved(
        image, by: (0..<2).map { same(image.shape[$0 + 1], kernel[$0], stride[$0], dilation[$0]) })
    }
    let channels = input.shape[3]
    let filters = isDepthwise ? channels * weight.shape[3] : weight.shape[3]
    let groups = isDepthwise ? channels : channels / weight.shape[2]
    let (inner, outer) = (channels / groups, filters / groups)
    let sizes = (0..<2).map { axis -> Int in
      let reach: Int = (kernel[axis] - 1) * dilation[axis] + 1
      return (input.shape[axis + 1] - reach) / stride[axis] + 1
    }
    var result = Array([input.shape[0]] + sizes + [filters])
    for n in 0..<input.shape[0] {
      for y in 0..<sizes[0] {
        for x in 0..<sizes[1] {
          for filter in 0..<filters {
            var sum = weights.count > 1 ? weights[1].values[filter] : 0
            for i in 0..<kernel[0] {
              for j in 0..<kernel[1] {
                for k in 0..<inner {
                  let channel: Int = filter / outer * inner + k
                  let row: Int = y * stride[0] + i * dilation[0]
                  let column: Int = x * stride[1] + j * dilation[1]
                  let factor: Double = isDepthwise ? weight[i, j, channel, filter % outer] : weight[i, j, k, filter]
                  sum += input[n, row, column, channel] * factor
                }
              }
            }
            result[n, y, x, filter] = sum
          }
        }
      }
    }
    return result
  }

  /// Every pixel spread by the kernel, without padding.
  func transposed(_ input: Array, _ settings: Settings, _ weights: [Array]) throws -> Array {
    let (kernel, stride) = (try settings.pair("kernel_size"), try settings.pair("strides"))
    let (dilation, more) = (try settings.pair("dilation_rate"), try settings.pair("output_padding"))
    try #require(try settings.text("padding") == "valid")
    let (weight, filters) = (weights[0], weights[0].shape[2])
    let sizes = (0..<2).map { axis -> Int in
      let reach: Int = (kernel[axis] - 1) * dilation[axis] + 1
      return (input.shape[axis + 1] - 1) * stride[axis] + reach + more[axis]
    }
    var result = Array([input.shape[0]] + sizes + [filters])
    for n in 0..<input.shape[0] {
      for y in 0..<input.shape[1] {
        for x in 0..<input.shape[2] {
          for i in 0..<kernel[0] {
            for j in 0..<kernel[1] {
              let row: Int = y * stride[0] + i * dilation[0]
              let column: Int = x * stride[1] + j * dilation[1]
              for filter in 0..<filters {
                for channel in 0..<input.shape[3] {
                  let product: Double = input[n, y, x, channel] * weight[i, j, filter, channel]
                  result[n, row, column, filter] += product
                }
              }
            }
          }
        }
      }
    }
    if weights.count > 1 {
      for place in result.values.indices { result.values[place] += weights[1].values[place % filters] }
    }
    return result
  }

  func dense(_ input: Array, _ weights: [Array]) -> Array {
    let (inputs, units) = (weights[0].shape[0], weights[0].shape[1])
    let rows = input.values.count / inputs
    var result = Array(input.shape.dropLast() + [units])
    for row in 0..<rows {
      for unit in 0..<units {
        var sum = weights.count > 1 ? weights[1].values[unit] : 0
        for place in 0..<inputs { sum += input.values[row * inputs + place] * weights[0].values[place * units + unit] }
        result.values[row * units + unit] = sum
      }
    }
    return result
  }

  // MARK: - Norms and scales

  func normed(_ kind: String, _ input: Array, _ settings: Settings, _ weights: [Array]) throws -> Array {
    let epsilon = try settings.number("epsilon")
    let (count, channels) = (input.values.count / input.shape[0], input.shape[input.shape.count - 1])
    var result = input
    if kind == "BatchNormalization" {
      for place in result.values.indices {
        let channel = place % channels
        let deviation = (weights[3].values[channel] + epsilon).squareRoot()
        result.values[place] =
          (input.values[place] - weights[2].values[channel]) / deviation * weights[0].values[channel]
          + weights[1].values[channel]
      }
      return result
    }
    let groups = try kind == "GroupNormalization" ? Int(settings.number("groups")) : 1
    for image in 0..<input.shape[0] {
      for group in 0..<groups {
        let size = channels / groups
        let members = (0..<count).filter { $0 % channels / size == group }.map { image * count + $0 }
        let mean = members.reduce(0) { $0 + input.values[$1] } / Double(members.count)
        let variance = members.reduce(0) { $0 + pow(input.values[$1] - mean, 2) } / Double(members.count)
        for member in members {
          let place = kind == "GroupNormalization" ? member % channels : member % count
          let normed = (input.values[member] - mean) / (variance + epsilon).squareRoot()
          let hasScale = settings.bool("scale")
          result.values[member] = hasScale ? normed * weights[0].values[place] + weights[1].values[place] : normed
        }
      }
    }
    return result
  }

  func scaled(_ kind: String, _ input: Array, _ settings: Settings) throws -> Array {
    let channels = input.shape[input.shape.count - 1]
    var result = input
    let isNorm = kind == "Normalization"
    let first = try settings.channels(isNorm ? "mean" : "scale", channels)
    let second = try settings.channels(isNorm ? "variance" : "offset", channels)
    for place in result.values.indices {
      let (value, channel) = (input.values[place], place % channels)
      result.values[place] =
        isNorm ? (value - first[channel]) / second[channel].squareRoot() : value * first[channel] + second[channel]
    }
    return result
  }

  // MARK: - Functions of single numbers

  func activated(_ kind: String, _ input: Array, _ settings: Settings) throws -> Array {
    switch kind {
    case "LeakyReLU":
      let slope = try settings.number("negative_slope")
      return input.map { $0 < 0 ? slope * $0 : $0 }
    case "ELU":
      let alpha = try settings.number("alpha")
      return input.map { $0 < 0 ? alpha * (exp($0) - 1) : $0 }
    case "Softmax":
      let channels = input.shape[input.shape.count - 1]
      var result = input.map { exp($0) }
      for start in stride(from: 0, to: result.values.count, by: channels) {
        let sum = result.values[start..<start + channels].reduce(0, +)
        for place in start..<start + channels { result.values[place] /= sum }
      }
      return result
    default: break
    }
    switch try settings.text("activation") {
    case "relu": return input.map { max($0, 0) }
    case "relu6": return input.map { min(max($0, 0), 6) }
    case "sigmoid": return input.map { 1 / (1 + exp(-$0)) }
    case "tanh": return input.map { tanh($0) }
    case "softplus": return input.map { log1p(exp($0)) }
    case "silu": return input.map { $0 / (1 + exp(-$0)) }
    case "gelu": return input.map { $0 * (1 + erf($0 / Double(2).squareRoot())) / 2 }
    case "hard_sigmoid": return input.map { min(max($0 / 6 + 0.5, 0), 1) }
    case "hard_silu": return input.map { $0 * min(max($0 / 6 + 0.5, 0), 1) }
    case let other:
      Issue.record("\(other) is written, and known by no reference")
      return input
    }
  }

  // MARK: - Windows

  func pooled(_ image: Array, _ settings: Settings, isMaximum: Bool) throws -> Array {
    let (size, stride) = (try settings.pair("pool_size"), try settings.pair("strides"))
    let isSame = try settings.text("padding") == "same"
    let sides = (0..<2).map { isSame ? same(image.shape[$0 + 1], size[$0], stride[$0]) : [0, 0] }
    let counts = (0..<2).map { axis -> Int in
      let padded: Int = image.shape[axis + 1] + sides[axis][0] + sides[axis][1]
      return (padded - size[axis]) / stride[axis] + 1
    }
    var result = Array([image.shape[0]] + counts + [image.shape[3]])
    for n in 0..<image.shape[0] {
      for y in 0..<counts[0] {
        for x in 0..<counts[1] {
          for channel in 0..<image.shape[3] {
            var found: [Double] = []
            for i in 0..<size[0] {
              for j in 0..<size[1] {
                let (row, column) = (y * stride[0] + i - sides[0][0], x * stride[1] + j - sides[1][0])
                guard (0..<image.shape[1]).contains(row), (0..<image.shape[2]).contains(column) else { continue }
                found.append(image[n, row, column, channel])
              }
            }
            let mean = found.reduce(0, +) / Double(found.count)
            result[n, y, x, channel] = isMaximum ? found.max() ?? 0 : mean
          }
        }
      }
    }
    return result
  }

  func reduced(_ kind: String, _ input: Array, _ settings: Settings) throws -> Array {
    let isAdaptive = kind.hasPrefix("Adaptive")
    if !isAdaptive { #expect(settings.bool("keepdims")) }
    let sizes = try isAdaptive ? settings.pair("output_size") : [1, 1]
    var result = Array([input.shape[0]] + sizes + [input.shape[3]])
    func range(_ place: Int, _ count: Int, _ size: Int) -> Range<Int> {
      place * size / count..<((place + 1) * size + count - 1) / count
    }
    for n in 0..<input.shape[0] {
      for y in 0..<sizes[0] {
        for x in 0..<sizes[1] {
          for channel in 0..<input.shape[3] {
            let found = range(y, sizes[0], input.shape[1]).flatMap { row in
              range(x, sizes[1], input.shape[2]).map { input[n, row, $0, channel] }
            }
            let isMaximum = kind.contains("Max")
            result[n, y, x, channel] = isMaximum ? found.max() ?? 0 : found.reduce(0, +) / Double(found.count)
          }
        }
      }
    }
    return result
  }

  func upsampled(_ input: Array, _ settings: Settings) throws -> Array {
    let (factor, mode) = (try settings.pair("size"), try settings.text("interpolation"))
    let sizes = [input.shape[1] * factor[0], input.shape[2] * factor[1]]
    var result = Array([input.shape[0]] + sizes + [input.shape[3]])
    /// The two places that a pixel lies between, and how far from the first.
    func between(_ place: Int, _ factor: Int, _ size: Int) -> (Int, Int, Double) {
      if mode == "nearest" { return (place / factor, place / factor, 0) }
      let source = max((Double(place) + 0.5) / Double(factor) - 0.5, 0)
      let first = min(Int(source), size - 1)
      return (first, min(first + 1, size - 1), source - Double(first))
    }
    for n in 0..<input.shape[0] {
      for y in 0..<sizes[0] {
        let (top, bottom, down) = between(y, factor[0], input.shape[1])
        for x in 0..<sizes[1] {
          let (left, right, across) = between(x, factor[1], input.shape[2])
          for c in 0..<input.shape[3] {
            let upper = input[n, top, left, c] * (1 - across) + input[n, top, right, c] * across
            let lower = input[n, bottom, left, c] * (1 - across) + input[n, bottom, right, c] * across
            result[n, y, x, c] = upper * (1 - down) + lower * down
          }
        }
      }
    }
    return result
  }
}
