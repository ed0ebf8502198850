import Failures
import HDF5
import Tensors

extension TensorFile {
  /// The dictionaries that training programs put around a network's own, those before the others where a file has several.
  private static let wrappers = [
    "state_dict", "model_state_dict", "model", "net", "network", "model_state", "best", "last", "state_dict_ema",
    "model_ema", "ema",
  ]

  /// What data parallelism and compilation put before every name.
  private static let prefixes = ["module.", "_orig_mod."]

  /// What stands in the names of dictionaries that hold no network.
  private static let others = ["optim", "sched", "scaler", "random", "rng"]

  /// The tensors of the network alone, in the order of the file: without the optimiser's, out of the dictionaries that
  /// training programs put around it, and without `module.` and `_orig_mod.` before the names of all that are no single
  /// numbers; those that `selection` takes.
  ///
  /// - Throws: `.data` if the file holds no tensors, or several groups of which none is known to be the network; `.usage`
  ///   for a `selection` that takes none.
  public func stateDictionary(_ selection: StateSelection = StateSelection()) throws -> [StoredTensor] {
    if let findModel, selection == StateSelection() {
      return try findModel(self, ModelRequest()).tensors.compactMap { $0 }
    }
    let group = try networkGroup(selection)
    var found = try selection.taken(of: tensors.filter { $0.group == group }, in: self)
    guard selection.prefix == nil, selection.renamings.isEmpty else { return found }
    while let prefix = Self.prefixes.first(where: { prefix in
      let decisive = found.filter { $0.shape.rank > 0 }
      return (decisive.isEmpty ? found : decisive).allSatisfy { $0.name.hasPrefix(prefix) } && !found.isEmpty
    }) {
      found = found.map { tensor in
        tensor.name.hasPrefix(prefix)
          ? tensor.renamed(group: "", name: String(tensor.name.dropFirst(prefix.count))) : tensor
      }
    }
    return found
  }

  /// What the file holds among the network's own tensors and is not read.
  ///
  /// - Throws: as `stateDictionary()`, for a file without anything that is not read, too.
  func unreadOfNetwork(_ selection: StateSelection) throws -> [UnreadObject] {
    // Who finds the network refuses what it cannot do without.
    if findModel != nil { return [] }
    if tensors.isEmpty, !unread.isEmpty { return unread }
    let group = try networkGroup(selection)
    return unread.filter { object in
      object.group == group && !selection.ignored.contains { $0.matches(object.name) }
        && object.name.hasPrefix(selection.prefix ?? "")
    }
  }

  /// Refuses those of `objects`, which are not read, that may be tensors.
  ///
  /// - Throws: `.data` naming the first of them.
  package func refuse(_ objects: [UnreadObject]) throws {
    let objects = objects.filter(\.mayBeTensor)
    guard let first = objects.first else { return }
    let rest = objects.count > 1 ? " (and \(objects.count - 1) more objects)" : ""
    throw Failure(.data, "\(path): \(printable(first.path)): \(first.reason)\(rest); --skip-unreadable leaves them out")
  }

  /// The group that the network's own tensors lie in.
  ///
  /// - Throws: `.data` if the file holds no tensors, or none can be told to be the network's.
  package func networkGroup(_ selection: StateSelection = StateSelection()) throws -> String {
    if let asked = selection.group { return try group(asked) }
    if isCheckpoint { return "parameters" }
    let groups = Set(tensors.map(\.group))
    let group = unwrapped("", of: groups)
    if groups.contains(group) { return group }
    guard !groups.isEmpty else { throw Failure(.data, "\(path): holds no tensors; it is no model") }
    let networks = groups.filter { group in !Self.others.contains { group.lowercased().contains($0) } }
    if let only = groups.count == 1 ? groups.first : networks.count == 1 ? networks.first : nil { return only }
    throw Failure(
      .data, "\(path): its tensors lie in \(Self.list(networks.isEmpty ? groups : networks)); --group takes one")
  }

  /// The dictionaries beside `group` that hold a network of the same shapes.
  func siblings(of group: String) -> [String] {
    if isCheckpoint { return [] }
    func shapes(_ group: String) -> [[Int]] {
      tensors.filter { $0.group == group && $0.shape.rank > 0 }.map(\.shape.sizes).sorted {
        $0.lexicographicallyPrecedes($1)
      }
    }
    let own = shapes(group)
    return Set(tensors.map(\.group)).filter { $0 != group && !own.isEmpty && shapes($0) == own }.sorted()
  }

  /// The group that `--group` names, or the one within it that is known to be a network.
  private func group(_ asked: String) throws -> String {
    let groups = Set(tensors.map(\.group))
    let found = unwrapped(asked, of: groups)
    guard groups.contains(found) else {
      throw Failure(.data, "\(path): has no dictionary \(printable(asked)) of tensors; it has \(Self.list(groups))")
    }
    return found
  }

  private func unwrapped(_ outer: String, of groups: Set<String>) -> String {
    var group = outer
    while let inner = Self.wrappers.lazy.map({ group.isEmpty ? $0 : "\(group).\($0)" }).first(where: { wrapper in
      groups.contains { $0 == wrapper || $0.hasPrefix("\(wrapper).") }
    }) { group = inner }
    return group
  }

  private static func list(_ groups: Set<String>) -> String {
    let names = groups.sorted().prefix(10).map { $0.isEmpty ? "the file itself" : printable($0) }
    return names.joined(separator: ", ") + (groups.count > 10 ? ", ..." : "")
  }
}
