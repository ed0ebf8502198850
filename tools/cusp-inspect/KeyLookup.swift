import Failures
import Inspection
import Interchange
import Records
import Tensors
import ToolSupport

/// One value of a model's record, or the numbers of one tensor.
struct KeyLookup {
  /// Keys with dots between them; list elements by their position or by their `name`.
  private let path: String

  init(_ path: String) { self.path = path }

  /// Writes the value as `jq -r` would: text as it is, anything else as JSON; a tensor as nested lists.
  /// - Throws: `Failure(.data)` when the file has nothing of that name, or it is not read.
  func write(from model: OpenedModel, to output: StandardOutput) throws {
    if let tensor = (model.tensors + model.others).first(where: { $0.name == path || $0.stored.path == path }) {
      return try write(tensor, of: model, to: output)
    }
    if let object = model.file.unread.first(where: { $0.path == path }) {
      throw Failure(.data, "\(model.file.path): \(path): \(object.reason)")
    }
    guard let value = find(path[...], in: try model.json()) else {
      throw Failure(.data, "\(model.file.path): has no value and no tensor \(path); see --json")
    }
    try output.write((value.string ?? value.text) + "\n")
  }

  /// The value at `path`: keys may have dots of their own, so the longest that is there is taken.
  private func find(_ path: Substring, in json: JSON) -> JSON? {
    var end = path.endIndex
    while true {
      if let value = child(path[..<end], of: json) {
        if end == path.endIndex { return value }
        if let found = find(path[path.index(after: end)...], in: value) { return found }
      }
      guard let dot = path[..<end].lastIndex(of: ".") else { return nil }
      end = dot
    }
  }

  private func child(_ key: Substring, of json: JSON) -> JSON? {
    if let list = json.array {
      if let position = Int(key), list.indices.contains(position) { return list[position] }
      return list.first { $0["name"]?.string == String(key) }
    }
    return json[String(key)]
  }

  private func write(_ tensor: OpenedModel.NamedTensor, of model: OpenedModel, to output: StandardOutput) throws {
    let element = tensor.stored.element
    // A complex number is a list of its real and its imaginary part.
    var text = NestedList(shape: tensor.stored.shape.sizes + (element.isComplex ? [2] : []))
    let isSingle = element.isFloatingPoint && element != .float64 && element != .complex128
    try model.file.forEachPart(ofNumbers: tensor.stored) { part in
      for number in part { text.append(number, isSingle: isSingle) }
      try output.write(text.take())
    }
    try output.write(text.finish() + "\n")
  }
}

/// Numbers as nested JSON lists, one at a time.
struct NestedList {
  /// How many numbers a list of each level holds, outermost first.
  private let sizes: [Int]
  private var count = 0
  private var text = ""

  /// Lists of a tensor of `shape`.
  init(shape: [Int]) {
    sizes = shape.indices.map { shape[$0...].reduce(1, *) }
  }

  /// Appends `number`, in as many digits as its precision needs; `null` if it is not finite.
  mutating func append(_ number: Double, isSingle: Bool) {
    let starting = sizes.count { count % $0 == 0 }
    if count > 0 { text += String(repeating: "]", count: starting) + "," }
    text += String(repeating: "[", count: starting)
    let digits = isSingle ? NumberText.shortest(Float(number)) : NumberText.shortest(number)
    text += number.isFinite ? digits : "null"
    count += 1
  }

  /// The text since the last call.
  mutating func take() -> String {
    defer { text = "" }
    return text
  }

  /// The rest of the text.
  func finish() -> String {
    count == 0 ? (sizes.isEmpty ? "" : "[]") : text + String(repeating: "]", count: sizes.count)
  }
}
