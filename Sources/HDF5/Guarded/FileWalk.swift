internal import CHDF5
internal import Failures

/// Lists a file that nobody vouches for: runs in the child, and refuses by name what could reach outside the file.
struct FileWalk {
  let calls: CheckedCalls
  /// The bytes of the file.
  let fileSize: Int
  var answer = AnswerEncoder()
  var valueBytes = 0
  var unwrittenBytes = 0
  private var objects = 0
  /// Where the groups lie that are being listed, each within the one before.
  private var enclosing: Set<haddr_t> = []

  init(calls: CheckedCalls, fileSize: Int) {
    self.calls = calls
    self.fileSize = fileSize
  }

  /// Lists the group `name`, already open as `group`, and all below it.
  mutating func list(_ group: hid_t, name: String, depth: Int = 0) throws {
    guard depth <= Answer.depthLimit else {
      throw refusal(name, "groups nested more than \(Answer.depthLimit) deep")
    }
    var address: haddr_t = 0
    try calls("H5Oget_info2", of: name) { cusp_object_address(group, &address) }
    // A group may have several names, but none within itself.
    guard enclosing.insert(address).inserted else {
      throw refusal(name, "the group lies within itself, so the file's groups run in a circle")
    }
    defer { enclosing.remove(address) }
    answer.append(Answer.Tag.group)
    answer.append(name)
    try listAttributes(of: group, name: name)
    let links = try links(of: group, name: name)
    if let twin = firstRepeated(links.map(\.name)) {
      throw refusal(name == "/" ? "/\(twin)" : "\(name)/\(twin)", "two objects have this name")
    }
    for link in links {
      let path = name == "/" ? "/\(link.name)" : "\(name)/\(link.name)"
      try count(path)
      guard link.type == H5L_TYPE_HARD else {
        answer.append(Answer.Tag.link)
        answer.append(path)
        answer.append(kind(of: link.type))
        continue
      }
      let object = try Handle(calls, "H5Oopen", of: path) { H5Oopen(group, link.name, cusp_defaults()) }
      switch H5Iget_type(object.id) {
      case H5I_GROUP: try list(object.id, name: path, depth: depth + 1)
      case H5I_DATASET:
        try listDataset(object.id, name: path)
        try listAttributes(of: object.id, name: path)
      default: break
      }
    }
  }

  /// A failure that names the file, the object in it and what is wrong with it.
  func refusal(_ name: String, _ reason: String) -> Failure {
    Failure(.data, "\(calls.path): \(printable(name)): \(reason)")
  }

  /// The first of `names` that stood there before; Swift takes names for equal that differ only in how they write their
  /// accents.
  func firstRepeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  /// Counts one more object or attribute.
  mutating func count(_ name: String) throws {
    objects += 1
    guard objects <= Answer.objectLimit else { throw refusal(name, "more than \(Answer.objectLimit) objects") }
  }

  /// Makes room for `bytes` of values in the answer.
  mutating func reserve(_ bytes: Int, for name: String) throws {
    guard bytes <= Answer.valueLimit - valueBytes else {
      throw refusal(name, "attributes and strings of more than \(Answer.valueLimit >> 20) MiB")
    }
    valueBytes += bytes
  }

  private func kind(of type: H5L_type_t) -> String {
    switch type {
    case H5L_TYPE_SOFT: "soft links"
    case H5L_TYPE_EXTERNAL: "links to other files"
    default: "user-defined links"
    }
  }

  private struct Link {
    let name: String
    let type: H5L_type_t
  }

  private func links(of group: hid_t, name: String) throws -> [Link] {
    var links: [Link] = []
    try withUnsafeMutablePointer(to: &links) { pointer in
      _ = try calls("H5Literate", of: name) {
        cusp_iterate_links(
          group,
          { _, name, information, context in
            guard let name, let information, let links = context?.assumingMemoryBound(to: [Link].self) else {
              return -1
            }
            links.pointee.append(Link(name: String(cString: name), type: information.pointee.type))
            return links.pointee.count > Answer.objectLimit ? 1 : 0
          }, pointer)
      }
    }
    return links
  }
}
