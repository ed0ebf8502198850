#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// `path` as it is called from every folder; symbolic links are followed as far as the path exists.
public func absolutePath(_ path: String) -> String {
  if let resolved = resolve(path) { return resolved }
  // What does not exist has at least a folder.
  let parts = path.split(separator: "/", omittingEmptySubsequences: true)
  guard let name = parts.last, let folder = resolve(path.hasPrefix("/") ? "/" : ".") else { return path }
  let parent = parts.dropLast().joined(separator: "/")
  let above = path.hasPrefix("/") ? "/\(parent)" : (parent.isEmpty ? "." : parent)
  let known = resolve(above) ?? (path.hasPrefix("/") ? above : "\(folder)/\(parent)")
  return known.hasSuffix("/") ? "\(known)\(name)" : "\(known)/\(name)"
}

/// The path of what exists at `path`, without links, `.` and `..`.
func resolve(_ path: String) -> String? {
  guard let text = path.withSystemPath({ realpath($0, nil) }) else { return nil }
  defer { free(text) }
  return PathText.text(text)
}
