import Failures
import HDF5
import Networks
import Records

/// A layer of a Keras model, asked for its settings; what it cannot have is refused by name, class and setting.
struct KerasArguments {
  let layer: KerasModel.Layer
  let file: String

  /// No setting is larger.
  private static let limit = 1 << 20

  /// What is wrong with the layer.
  func refusal(_ reason: String) -> Failure {
    let name = layer.path.map(printable).joined(separator: ".")
    return Failure(.data, "\(file): layer \(name), \(printable(layer.kind)): \(reason)")
  }

  /// The setting `name`; nil where it is left out or `null`.
  subscript(name: String) -> JSON? {
    let value = layer.settings[name]
    return value == .null ? nil : value
  }

  /// The integer `name`; `usual` where it is left out.
  func integer(_ name: String, _ usual: Int? = nil) throws -> Int {
    guard let json = self[name] else {
      guard let usual else { throw refusal("has no \(name); it is damaged") }
      return usual
    }
    guard let value = json.integer, (-Self.limit...Self.limit).contains(value) else {
      throw refusal("its \(name) is no integer up to \(Self.limit)")
    }
    return value
  }

  /// The finite number `name`; `usual` where it is left out.
  func number(_ name: String, _ usual: Double) throws -> Double {
    guard let json = self[name] else { return usual }
    guard let value = json.number else { throw refusal("its \(name) is no number") }
    return value
  }

  func bool(_ name: String, _ usual: Bool) throws -> Bool {
    guard let json = self[name] else { return usual }
    guard let value = json.bool else { throw refusal("its \(name) is neither true nor false") }
    return value
  }

  func text(_ name: String, _ usual: String) throws -> String {
    guard let json = self[name] else { return usual }
    guard let value = json.string else { throw refusal("its \(name) is no text") }
    return value
  }

  /// A height and a width of `least` or more: two integers, or one for both.
  func extent(_ name: String, _ usual: Extent? = nil, from least: Int = 1) throws -> Extent {
    guard let json = self[name] else {
      guard let usual else { throw refusal("has no \(name); it is damaged") }
      return usual
    }
    let sizes = json.integer.map { [$0, $0] } ?? json.array?.compactMap(\.integer) ?? []
    guard sizes.count == 2, sizes.allSatisfy({ (least...Self.limit).contains($0) }) else {
      throw refusal("its \(name) is no height and width")
    }
    return Extent(height: sizes[0], width: sizes[1])
  }

  /// The integers `name`: a list, or one alone.
  func integers(_ name: String) throws -> [Int] {
    let list = self[name].map { $0.integer.map { [$0] } ?? $0.array?.compactMap(\.integer) ?? [] } ?? []
    guard !list.isEmpty, list.allSatisfy({ (-Self.limit...Self.limit).contains($0) }) else {
      throw refusal("its \(name) is no list of integers")
    }
    return list
  }

  /// The numbers `name`, one or a list, also as an array of NumPy; nil where they are left out.
  func numbers(_ name: String) throws -> [Double]? {
    guard let json = self[name] else { return nil }
    let plain = json["config"]?["value"] ?? json
    var numbers: [Double] = []
    func collect(_ json: JSON) -> Bool {
      if let list = json.array { return list.allSatisfy(collect) }
      guard let value = json.number else { return false }
      numbers.append(value)
      return true
    }
    guard collect(plain), !numbers.isEmpty else { throw refusal("its \(name) is no list of numbers") }
    return numbers
  }

  /// Above and below, on the left and on the right.
  func margins(_ name: String) throws -> Margins {
    func pair(_ json: JSON) -> [Int]? {
      json.integer.map { [$0, $0] } ?? json.array.map { $0.compactMap(\.integer) }
    }
    let parts = self[name].map { $0.integer.map { [[$0, $0], [$0, $0]] } ?? $0.array?.compactMap(pair) ?? [] } ?? []
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { (0...Self.limit).contains($0) } })
    else { throw refusal("its \(name) is not taken, only rows and columns to add") }
    return Margins(top: parts[0][0], left: parts[1][0], bottom: parts[0][1], right: parts[1][1])
  }

  /// Refuses `name` unless it is left out, `null`, or one of `values`.
  func require(_ name: String, _ values: JSON...) throws {
    guard let found = self[name], !values.contains(found) else { return }
    let wanted = values.isEmpty ? "" : ", only \(values.map(\.text).joined(separator: " or "))"
    throw refusal("\(name) \(printable(String(found.text.prefix(60)))) is not taken\(wanted)")
  }
}

/// Where a window goes.
struct KerasWindow {
  let kernel, stride, dilation: Extent
  private let isSame: Bool

  /// The window whose size and steps are under `size` and `steps`; a step that is left out is as long as the window.
  init(_ arguments: KerasArguments, size: String = "kernel_size") throws {
    kernel = try arguments.extent(size)
    stride = try arguments.extent("strides", size == "kernel_size" ? Extent(1) : kernel)
    dilation = try arguments.extent("dilation_rate", Extent(1))
    try arguments.require("padding", .string("valid"), .string("same"))
    isSame = try arguments.text("padding", "valid") == "same"
  }

  /// The zeros around images of `height` and `width`, `margins` among them: `same` puts the odd one behind.
  func padding(_ height: Int, _ width: Int, within margins: Margins) -> Margins {
    guard isSame else { return margins }
    func both(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
      max(0, ((size + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - size)
    }
    let rows = both(height + margins.top + margins.bottom, kernel.height, stride.height, dilation.height)
    let columns = both(width + margins.left + margins.right, kernel.width, stride.width, dilation.width)
    return Margins(
      top: margins.top + rows / 2, left: margins.left + columns / 2, bottom: margins.bottom + rows - rows / 2,
      right: margins.right + columns - columns / 2)
  }
}
