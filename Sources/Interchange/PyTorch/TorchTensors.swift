import Failures
import HDF5

/// The tensors among the objects of a PyTorch file: in dictionaries, lists, records and whole modules.
struct TorchTensors: Sendable {
  private static let visitLimit = 5_000_000
  private static let tensorLimit = 200_000
  private static let depthLimit = 100
  private static let nameLimit = 1000
  /// How many times its storages' bytes a file's tensors may have together: views of one storage multiply.
  private static let viewLimit = 16

  let graph: PickleGraph
  let name: String
  let storages: TorchStorages
  private(set) var tensors: [StoredTensor] = []
  private(set) var unread: [UnreadObject] = []
  private var visits = 0
  private var byteCount = 0

  /// The tensors of `graph`, whose storages have been located, in the file called `name`.
  ///
  /// - Throws: `.data` for a tensor beyond its storage, and for objects without end.
  init(_ graph: PickleGraph, _ storages: TorchStorages, name: String) throws {
    (self.graph, self.storages, self.name) = (graph, storages, name)
    // A tensor that was saved by itself has no name.
    if try !collect(graph.root, "tensor", group: "") { try walk(graph.root, group: "", depth: 0) }
  }

  /// Collects the tensors in `value`, a container at `group`.
  private mutating func walk(_ value: PickleValue, group: String, depth: Int) throws {
    guard let object = graph.object(value) else { return }
    // The same object may stand in many places, so each look at it counts.
    try count(object.items.count + object.entries.count + (object.state.flatMap(graph.object)?.entries.count ?? 0))
    if let attributes = moduleAttributes(object) {
      return try walkModule(attributes, group: group, prefix: "", depth: depth)
    }
    if let attributes = scriptAttributes(object) {
      return try walkScript(attributes, group: group, prefix: "", depth: depth)
    }
    switch object.kind {
    case .dictionary, .list, .tuple, .set, .record:
      for (index, value) in object.items.enumerated() where isObject(value) {
        try visit(value, "\(index)", group: group, depth: depth)
      }
      for (index, (key, value)) in object.entries.enumerated() where isObject(value) {
        try visit(value, label(key) ?? "(\(index))", group: group, depth: depth)
      }
      guard case .record = object.kind, let state = object.state else { return }
      try walk(state, group: group, depth: try deeper(depth))
    case .call("collections.deque"):
      for (index, value) in object.items.enumerated() where isObject(value) {
        try visit(value, "\(index)", group: group, depth: depth)
      }
    case .global, .persistent, .call: break
    }
  }

  mutating func visit(_ value: PickleValue, _ key: String, group: String, depth: Int) throws {
    if try !collect(value, key, group: group) {
      try walk(value, group: try joined(group, key), depth: try deeper(depth))
    }
  }

  /// Whether `value` is a tensor, which is collected, or something in place of one, which is named.
  mutating func collect(_ value: PickleValue, _ key: String, group: String) throws -> Bool {
    if let tensor = try tensor(value, group: group, key: key) {
      try add(tensor)
    } else if let object = graph.object(value), let reason = try refusal(of: object) {
      guard unread.count < Self.tensorLimit else { throw failure("more than \(Self.tensorLimit) tensors") }
      unread.append(UnreadObject(group: group, name: key, reason: reason))
    } else {
      return false
    }
    return true
  }

  func isObject(_ value: PickleValue) -> Bool {
    if case .object = value { true } else { false }
  }

  /// Collects what `state_dict()` of a module would name: parameters, buffers that last, and those of its parts.
  private mutating func walkModule(_ attributes: PickleValue, group: String, prefix: String, depth: Int) throws {
    let entries = ["_parameters", "_buffers", "_modules"].map { key in
      graph.entry(key, of: attributes).flatMap(graph.object)?.entries ?? []
    }
    let passing = graph.entry("_non_persistent_buffers_set", of: attributes).flatMap(graph.object)?.items ?? []
    try count(entries.reduce(passing.count) { $0 + $1.count })
    let transient = Set(passing.compactMap(text))
    for (key, value) in entries[0] + entries[1] where value != .none {
      guard let key = text(key) else {
        throw failure("\(printable(prefix)): a parameter that is no tensor; it is damaged")
      }
      if transient.contains(key) { continue }
      guard try collect(value, joined(prefix, key), group: group) else {
        throw failure("\(printable(prefix)): a parameter that is no tensor; it is damaged")
      }
    }
    for (key, value) in entries[2] where value != .none {
      guard let key = text(key), let part = graph.object(value) else {
        throw failure("\(printable(prefix)): a part that is no module; it is damaged")
      }
      try count(part.state.flatMap(graph.object)?.entries.count ?? 0)
      guard let part = moduleAttributes(part) else {
        throw failure("\(printable(prefix)): a part that is no module; it is damaged")
      }
      try walkModule(part, group: group, prefix: try joined(prefix, key), depth: try deeper(depth))
    }
  }

  /// The attributes of `object` if it is a module: one with parameters, buffers and parts.
  func moduleAttributes(_ object: PickleObject) -> PickleValue? {
    guard case .record = object.kind, let state = object.state,
      ["_parameters", "_buffers", "_modules"].allSatisfy({ graph.entry($0, of: state) != nil })
    else { return nil }
    return state
  }

  private mutating func add(_ tensor: StoredTensor) throws {
    let (sum, overflow) = byteCount.addingReportingOverflow(tensor.byteCount)
    guard !overflow, sum / Self.viewLimit <= storages.byteCount else {
      throw failure("its tensors have more than \(Self.viewLimit) times the bytes of their storages; it is forged")
    }
    guard tensors.count < Self.tensorLimit else { throw failure("more than \(Self.tensorLimit) tensors") }
    byteCount = sum
    tensors.append(tensor)
  }

  mutating func count(_ more: Int) throws {
    visits += more + 1
    guard visits <= Self.visitLimit else { throw failure("more than \(Self.visitLimit) objects within each other") }
  }

  func deeper(_ depth: Int) throws -> Int {
    guard depth < Self.depthLimit else { throw failure("objects nested more than \(Self.depthLimit) deep") }
    return depth + 1
  }

  func joined(_ group: String, _ key: String) throws -> String {
    guard group.utf8.count + key.utf8.count < Self.nameLimit else {
      throw failure("a name of more than \(Self.nameLimit) bytes")
    }
    return group.isEmpty ? key : "\(group).\(key)"
  }

  /// What a value is called that stands under `key`; nil for a key that has no short name, such as a tensor.
  private func label(_ key: PickleValue) -> String? {
    switch key {
    case .bool(let truth): return truth ? "True" : "False"
    case .none: return "None"
    case .float(let number): return "\(number)"
    case .object:
      guard let items = graph.tuple(key)?.map(text), !items.contains(nil) else { return nil }
      return "(\(items.compactMap(\.self).joined(separator: ", ")))"
    default: return text(key)
    }
  }

  func text(_ key: PickleValue) -> String? {
    switch key {
    case .text(let text): text
    case .integer(let number): "\(number)"
    default: nil
    }
  }

  private func failure(_ reason: String) -> Failure { Failure(.data, "\(name): \(reason)") }
}
