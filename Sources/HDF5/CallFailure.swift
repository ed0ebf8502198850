internal import Failures

extension CheckedCalls {
  /// What a person is told when the function `name` failed with the library's `text`.
  func failure(calling name: StaticString, of object: String?, text: String) -> Failure {
    let place = object.map { "\(path): \(printable($0))" } ?? path
    let reason = systemError(in: text)
    switch purpose {
    case .creating: return Failure(.cannotCreate, "\(place): cannot create: \(reason ?? text)")
    case .writing: return Failure(.inputOutput, "\(place): cannot write: \(reason ?? "\(text) (\(name))")")
    case .reading: break
    }
    if let reason { return Failure(.inputOutput, "\(place): cannot read: \(reason)") }
    return Failure(
      .data, "\(place): \(hint(for: text) ?? "damaged HDF5 file: \(text) (\(name)); fetch or write it again")")
  }

  /// The text of `errno` inside the library's `text`, if the system refused something.
  private func systemError(in text: String) -> String? {
    let marker = "error message = '"
    guard text.contains("errno = "), let start = text.firstRange(of: marker)?.upperBound else { return nil }
    return String(text[start...].prefix { $0 != "'" })
  }

  /// What the mistakes that people meet mean.
  private func hint(for text: String) -> String? {
    if text.contains("file signature not found") { return "not an HDF5 file" }
    if text.contains("truncated file") { return "the HDF5 file is cut short (\(text)); fetch or write it again" }
    if text.contains("already open for write") {
      return "its writer did not finish; use an earlier file, or repair a copy with h5clear -s"
    }
    return nil
  }
}

/// A name out of a file, fit for one line of a terminal: no control characters, not endless.
func printable(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(200) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: text += "\u{FFFD}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return name.unicodeScalars.count > 200 ? text + "..." : text
}
