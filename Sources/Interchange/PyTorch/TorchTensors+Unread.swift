import HDF5

extension TorchTensors {
  /// Why `object`, which is no tensor that is read, may still hold numbers of a model; nil if it does not.
  ///
  /// - Throws: `.data` for objects without end.
  mutating func refusal(of object: PickleObject) throws -> String? {
    switch object.kind {
    case .persistent: return "a storage without sizes is not read; save the tensor"
    case .call(let function):
      if let reason = Self.kind(madeBy: function) { return reason }
      // A container is looked into.
      guard function != "collections.deque", try holdsTensor(object, depth: 0) else { return nil }
      return "tensors within what \(printable(function)) makes are not read, since it is not called"
    case .tuple, .list, .dictionary, .set, .global, .record: return nil
    }
  }

  /// Why tensors are not read that `function` makes; nil for a function that makes none.
  private static func kind(madeBy function: String) -> String? {
    if function.hasSuffix(".multiarray._reconstruct") {
      return "arrays of NumPy in a pickle are not read; save tensors"
    }
    if function.contains("._rebuild_sparse") { return "sparse tensors are not read; save its to_dense()" }
    if function.hasSuffix("._rebuild_qtensor") { return "quantised tensors are not read; save its dequantize()" }
    if function.contains("._rebuild_meta") { return "tensors on the meta device hold no numbers" }
    if wrappers.contains(function) || function.contains("._rebuild_") {
      return "tensors made by \(printable(function)) with these arguments are not read"
    }
    return nil
  }

  /// Whether a tensor or a storage lies within the arguments of `object`, as deep as makers of tensors have them.
  private mutating func holdsTensor(_ object: PickleObject, depth: Int) throws -> Bool {
    try count(object.items.count + object.entries.count)
    for value in object.items + object.entries.map(\.value) {
      guard let inner = graph.object(value) else { continue }
      switch inner.kind {
      case .persistent: return true
      case .call(let function) where Self.kind(madeBy: function) != nil: return true
      case .global: continue
      default: if depth < 4, try holdsTensor(inner, depth: depth + 1) { return true }
      }
    }
    return false
  }
}

// MARK: - TorchScript

extension TorchTensors {
  /// The attributes of `object` if it is a module of TorchScript, whose tensors and parts stand side by side.
  func scriptAttributes(_ object: PickleObject) -> PickleValue? {
    guard case .record(let name) = object.kind, name.hasPrefix("__torch__."), let state = object.state,
      graph.object(state)?.kind == .dictionary
    else { return nil }
    return state
  }

  /// Collects what `state_dict()` of a module of TorchScript would name, and its other tensors.
  mutating func walkScript(_ attributes: PickleValue, group: String, prefix: String, depth: Int) throws {
    let entries = graph.object(attributes)?.entries ?? []
    try count(entries.count)
    for (key, value) in entries where isObject(value) {
      let name = try joined(prefix, text(key) ?? "")
      if let part = graph.object(value).flatMap(scriptAttributes) {
        try walkScript(part, group: group, prefix: name, depth: try deeper(depth))
      } else {
        try visit(value, name, group: group, depth: depth)
      }
    }
  }
}
