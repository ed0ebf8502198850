import Failures
import HDF5

extension TorchTensors {
  static let wrappers: Set = [
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
    if storages[storageKey]?.isQuantised == true {
      throw Failure(.data, "\(place): elements of \(storageType(storage)), which are not read")
    }
    let type = arguments.count >= 7 ? graph.global(arguments[6]).flatMap { torchTypes[$0] } : nil
    guard let found = storages[storageKey], let location = found.place, let element = found.element ?? type else {
      throw Failure(.data, "\(place): elements of a kind that is not read")
    }
    return try located(
      StorageView(storage: location, offset: offset, strides: strides), sizes, element,
      count: found.byteCount / element.size, group: group, key: key, place: place)
  }

  /// The class of the elements of `storage`, as in `torch.QInt8Storage`.
  private func storageType(_ storage: PickleObject) -> String {
    let parts = storage.items.first.flatMap(graph.tuple) ?? []
    return parts.count > 1 ? printable(graph.global(parts[1]) ?? "") : ""
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
