import Failures
import HDF5

/// Which of a file's tensors are the network's, and by which names, where its own words do not tell.
public struct StateSelection: Hashable, Sendable {
  /// The dictionary to take, as in `model_ema`; found by its name if nil.
  public var group: String?
  /// The tensors to leave out, by their names in the dictionary.
  public var ignored: [NamePattern]
  /// What the names of the tensors to take begin with, and lose.
  public var prefix: String?
  /// Changes of their names, one after the other.
  public var renamings: [Renaming]

  /// A selection of what is given.
  public init(
    group: String? = nil, ignored: [NamePattern] = [], prefix: String? = nil, renamings: [Renaming] = []
  ) {
    (self.group, self.ignored, self.prefix, self.renamings) = (group, ignored, prefix, renamings)
  }

  /// The tensors of one dictionary that it takes, under their new names.
  ///
  /// - Throws: `.usage` for a prefix that no name has, and for names that become one.
  func taken(of tensors: [StoredTensor], in file: TensorFile) throws -> [StoredTensor] {
    var taken = tensors.filter { tensor in !ignored.contains { $0.matches(tensor.name) } }
    if let prefix {
      taken = taken.filter { $0.name.hasPrefix(prefix) && $0.name != prefix }
      guard !taken.isEmpty else {
        let example = tensors.first.map { "; they are like \(printable($0.name))" } ?? ""
        throw Failure(.usage, "\(file.path): no tensor's name begins with the --prefix \(prefix)\(example)")
      }
    }
    var names = taken.map { String($0.name.dropFirst(prefix?.count ?? 0)) }
    for renaming in renamings { names = try renaming.changed(names) }
    var found: Set<String> = []
    for (name, tensor) in zip(names, taken) where !found.insert(name).inserted || name.isEmpty {
      throw Failure(.usage, "\(file.path): \(printable(tensor.name)): --rename makes it \"\(name)\", as another one's")
    }
    return zip(taken, names).map { $0.renamed(group: "", name: $1) }
  }
}
