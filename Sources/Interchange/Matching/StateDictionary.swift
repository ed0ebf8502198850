import Failures
import HDF5

extension TensorFile {
  /// The dictionaries that training programs put around a network's own, outermost first.
  private static let wrappers = ["state_dict", "model_state_dict", "model", "net", "network"]

  /// What data parallelism and compilation put before every name.
  private static let prefixes = ["module.", "_orig_mod."]

  /// The tensors of the network alone, in the order of the file: without the optimiser's, out of the dictionaries that
  /// training programs put around it, and without `module.` and `_orig_mod.` before every name.
  ///
  /// - Throws: `.data` if the file holds no tensors, or several groups of which none is known to be the network.
  public func stateDictionary() throws -> [StoredTensor] {
    let group = try networkGroup()
    var found = tensors.filter { $0.group == group }.map { $0.renamed(group: "", name: $0.name) }
    while let prefix = Self.prefixes.first(where: { prefix in found.allSatisfy { $0.name.hasPrefix(prefix) } }) {
      found = found.map { $0.renamed(group: "", name: String($0.name.dropFirst(prefix.count))) }
    }
    return found
  }

  /// What the file holds among the network's own tensors and is not read.
  ///
  /// - Throws: as `stateDictionary()`, for a file without anything that is not read, too.
  func unreadOfNetwork() throws -> [UnreadObject] {
    if tensors.isEmpty, !unread.isEmpty { return unread }
    let group = try networkGroup()
    return unread.filter { $0.group == group }
  }

  /// Refuses `objects`, which are not read, if there are any.
  ///
  /// - Throws: `.data` naming the first of them.
  package func refuse(_ objects: [UnreadObject]) throws {
    guard let first = objects.first else { return }
    let rest = objects.count > 1 ? " (and \(objects.count - 1) more objects)" : ""
    throw Failure(.data, "\(path): \(printable(first.path)): \(first.reason)\(rest); --skip-unreadable leaves them out")
  }

  /// The group that the network's own tensors lie in.
  package func networkGroup() throws -> String {
    if isCheckpoint { return "parameters" }
    let groups = Set(tensors.map(\.group))
    var group = ""
    while let inner = Self.wrappers.lazy.map({ group.isEmpty ? $0 : "\(group).\($0)" }).first(where: { wrapper in
      groups.contains { $0 == wrapper || $0.hasPrefix("\(wrapper).") }
    }) { group = inner }
    if groups.contains(group) { return group }
    guard let only = groups.first else { throw Failure(.data, "\(path): holds no tensors; it is no model") }
    guard groups.count == 1 else {
      let names = groups.sorted().prefix(10).map(printable).joined(separator: ", ")
      throw Failure(.data, "\(path): its tensors lie in \(names); save the network's state dictionary alone")
    }
    return only
  }
}
