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
  private let storages: TorchStorages
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
    case .global, .persistent, .call: break
    }
  }

  private mutating func visit(_ value: PickleValue, _ key: String, group: String, depth: Int) throws {
    if try !collect(value, key, group: group) {
      try walk(value, group: try joined(group, key), depth: try deeper(depth))
    }
  }

  /// Whether `value` is a tensor, which is collected, or something in place of one, which is named.
  private mutating func collect(_ value: PickleValue, _ key: String, group: String) throws -> Bool {
    if let tensor = try tensor(value, group: group, key: key) {
      try add(tensor)
    } else if let reason = graph.object(value).flatMap(Self.refusal) {
      guard unread.count < Self.tensorLimit else { throw failure("more than \(Self.tensorLimit) tensors") }
      unread.append(UnreadObject(group: group, name: key, reason: reason))
    } else {
      return false
    }
    return true
  }

  /// Why `object`, which is no tensor that is read, may still hold numbers of a model; nil if it does not.
  private static func refusal(of object: PickleObject) -> String? {
    switch object.kind {
    case .persistent: "a storage without sizes is not read; save the tensor"
    case .call(let function) where function.hasSuffix(".multiarray._reconstruct"):
      "arrays of NumPy in a pickle are not read; save tensors"
    case .call(let function) where wrappers.contains(function) || function.contains("._rebuild_"):
      "tensors made by \(printable(function)) with these arguments are not read"
    case .call, .tuple, .list, .dictionary, .set, .global, .record: nil
    }
  }

  private func isObject(_ value: PickleValue) -> Bool {
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
      guard let key = text(key), let tensor = try tensor(value, group: group, key: try joined(prefix, key)) else {
        throw failure("\(printable(prefix)): a parameter that is no tensor; it is damaged")
      }
      if !transient.contains(key) { try add(tensor) }
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

  private mutating func count(_ more: Int) throws {
    visits += more + 1
    guard visits <= Self.visitLimit else { throw failure("more than \(Self.visitLimit) objects within each other") }
  }

  private func deeper(_ depth: Int) throws -> Int {
    guard depth < Self.depthLimit else { throw failure("objects nested more than \(Self.depthLimit) deep") }
    return depth + 1
  }

  private func joined(_ group: String, _ key: String) throws -> String {
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

  private func text(_ key: PickleValue) -> String? {
    switch key {
    case .text(let text): text
    case .integer(let number): "\(number)"
    default: nil
    }
  }

  private func failure(_ reason: String) -> Failure { Failure(.data, "\(name): \(reason)") }
}

// MARK: - One tensor

extension TorchTensors {
  private static let wrappers: Set = [
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
  ]

  /// The tensor that `value` is, nil if it is none.
  ///
  /// - Throws: `.data` if it reaches beyond its storage.
  func tensor(_ value: PickleValue, group: String, key: String, depth: Int = 0) throws -> StoredTensor? {
    guard let object = graph.object(value), case .call(let function) = object.kind, depth < 4 else { return nil }
    if Self.wrappers.contains(function), let inner = object.items.first {
      return try tensor(inner, group: group, key: key, depth: depth + 1)
    }
    if function == "torch._tensor._rebuild_from_type_v2", object.items.count >= 3 {
      guard let inner = graph.global(object.items[0]), let arguments = graph.tuple(object.items[2]) else { return nil }
      return try tensor(inner, arguments, group: group, key: key)
    }
    return try tensor(function, object.items, group: group, key: key)
  }

  private func tensor(
    _ function: String, _ arguments: [PickleValue], group: String, key: String
  ) throws -> StoredTensor? {
    guard function.hasPrefix("torch._utils._rebuild_tensor"), arguments.count >= 4 else { return nil }
    let place = "\(name): \(printable(group.isEmpty ? key : "\(group).\(key)"))"
    guard let storage = graph.object(arguments[0]), storage.kind == .persistent,
      case .integer(let offset) = arguments[1], let sizes = integers(arguments[2]), let strides = integers(arguments[3])
    else { throw Failure(.data, "\(place): a tensor without storage, offset, sizes and strides; it is damaged") }
    guard sizes.count == strides.count, (sizes + strides + [offset]).allSatisfy({ $0 >= 0 }) else {
      throw Failure(.data, "\(place): negative sizes or strides, or not as many of each; it is damaged or forged")
    }
    let (storageKey, _) = try TorchStorages.storage(storage, graph, name)
    let type = arguments.count >= 7 ? graph.global(arguments[6]).flatMap { torchTypes[$0] } : nil
    guard let found = storages[storageKey], let location = found.place, let element = found.element ?? type else {
      throw Failure(.data, "\(place): elements of a kind that is not read")
    }
    return try located(
      StorageView(storage: location, offset: offset, strides: strides), sizes, element,
      count: found.byteCount / element.size, group: group, key: key, place: place)
  }

  /// The tensor that `view` gives of a storage of `count` elements.
  private func located(
    _ view: StorageView, _ sizes: [Int], _ element: ElementType, count: Int, group: String, key: String, place: String
  ) throws -> StoredTensor {
    guard let wanted = checkedCount(sizes, of: element), let span = StorageView.span(sizes, strides: view.strides),
      view.offset <= count, span <= count - view.offset
    else { throw Failure(.data, "\(place): reaches beyond its storage of \(count) elements; it is damaged or forged") }
    guard wanted <= span else {
      throw Failure(.data, "\(place): repeats what it stores; save a contiguous copy of the tensor")
    }
    var location = StoredTensor.Location.view(view)
    if view.isContiguous(sizes), wanted > 0 {
      switch view.storage {
      case .bytes(let range): location = .bytes(offset: range.lowerBound + view.offset * element.size)
      case .entry(let entry) where wanted == count: location = .entry(entry, skip: 0)
      case .entry: break
      }
    }
    return try StoredTensor(
      group: group, name: key, element: element, sizes: sizes, location: location, place: place)
  }

  /// The integers of a tuple, or of a `torch.Size`.
  private func integers(_ value: PickleValue) -> [Int]? {
    var value = value
    if let object = graph.object(value), object.kind == .call("torch.Size"), let inner = object.items.first {
      value = inner
    }
    guard let items = graph.tuple(value), items.count <= StoredTensor.maximalRank else { return nil }
    let numbers = items.compactMap { item -> Int? in
      guard case .integer(let number) = item else { return nil }
      return number
    }
    return numbers.count == items.count ? numbers : nil
  }
}
