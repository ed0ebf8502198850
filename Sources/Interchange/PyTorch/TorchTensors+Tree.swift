import HDF5

extension TorchTensors {
  /// More parts than anybody looks through.
  private static let nodeLimit = 50_000

  /// The pickled objects, as deep and as many as a person may want to see.
  func tree() -> FileNode {
    var count = 0
    return node(graph.root, "data.pkl", depth: 0, &count)
  }

  private func node(_ value: PickleValue, _ name: String, depth: Int, _ count: inout Int) -> FileNode {
    count += 1
    guard depth < 64 else { return FileNode(name, "...", "not shown") }
    guard let object = graph.object(value) else { return scalar(value, name) }
    if let tensor = try? tensor(value, group: "", key: name) { return FileNode(tensor) }
    // No more than can be shown, since a list may lie within itself.
    let room = Self.nodeLimit - count + 1
    var parts = object.items.prefix(room).enumerated().map { (name: "\($0)", value: $1) }
    parts += object.entries.prefix(room).map { (label($0.key), $0.value) }
    if let state = object.state {
      // Attributes stand beside each other, without a dictionary of their own.
      let attributes = graph.object(state).flatMap { $0.kind == .dictionary ? $0.entries : nil }
      parts += attributes?.prefix(room).map { (label($0.key), $0.value) } ?? [("state", state)]
    }
    return FileNode(name, kind(object), detail(object), children: nodes(parts, depth: depth, &count))
  }

  private func nodes(
    _ parts: [(name: String, value: PickleValue)], depth: Int, _ count: inout Int
  ) -> [FileNode] {
    var nodes: [FileNode] = []
    for (name, value) in parts {
      guard count < Self.nodeLimit else { return nodes + [FileNode("", "...", "not shown")] }
      nodes.append(node(value, name, depth: depth + 1, &count))
    }
    return nodes
  }

  private func kind(_ object: PickleObject) -> String {
    switch object.kind {
    case .tuple: "tuple"
    case .list: "list"
    case .dictionary: "dict"
    case .set: "set"
    case .global: "class"
    case .persistent: "storage"
    case .call(let name), .record(let name): printable(name)
    }
  }

  private func detail(_ object: PickleObject) -> String {
    if case .global(let name) = object.kind { printable(name) } else { "" }
  }

  private func label(_ key: PickleValue) -> String {
    if case .text(let text) = key { printable(text) } else { scalar(key, "").detail }
  }

  private func scalar(_ value: PickleValue, _ name: String) -> FileNode {
    switch value {
    case .none: FileNode(name, "None")
    case .bool(let truth): FileNode(name, "bool", truth ? "True" : "False")
    case .integer(let number): FileNode(name, "int", "\(number)")
    case .largeInteger: FileNode(name, "int", "beyond 64 bits")
    case .float(let number): FileNode(name, "float", "\(number)")
    case .text(let text): FileNode(name, "str", printable(text))
    case .bytes(let count): FileNode(name, "bytes", "\(count) bytes")
    case .object: FileNode(name, "...")
    }
  }
}
