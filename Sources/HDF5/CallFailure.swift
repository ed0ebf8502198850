internal import Failures
internal import Files

extension CheckedCalls {
  /// What a person is told when the function `name` failed with the library's `text`.
  func failure(calling name: StaticString, of object: String?, text: String) -> Failure {
    let place = object.map { "\(path): \(printable($0))" } ?? path
    if let number = systemError(in: text) {
      return purpose == .reading ? readFailure(path, number) : writeFailure(path, number)
    }
    switch purpose {
    case .creating: return Failure(.cannotCreate, "\(place): cannot create: \(text) (\(name))")
    case .writing: return Failure(.inputOutput, "\(place): cannot write: \(text) (\(name))")
    case .reading:
      let damage = "damaged HDF5 file: \(text) (\(name)); fetch or write it again"
      return Failure(.data, "\(place): \(hint(for: text) ?? damage)")
    }
  }

  /// The `errno` that the library's `text` ends with, if the system refused something.
  private func systemError(in text: String) -> Int32? {
    let marker = "errno = "
    guard let start = text.firstRange(of: marker)?.upperBound else { return nil }
    return Int32(text[start...].prefix { $0.isNumber })
  }

  /// What the mistakes that people meet mean.
  private func hint(for text: String) -> String? {
    // All that is left of a reason where a copy without a name is opened.
    if text == "unable to open file" { return "the HDF5 file is damaged or cut short; fetch or write it again" }
    if text.contains("file signature not found") { return "not an HDF5 file" }
    if text.contains("truncated file") { return "the HDF5 file is cut short (\(text)); fetch or write it again" }
    if text.contains("already open for write") {
      return "its writer did not finish; use an earlier file, or repair a copy with h5clear -s"
    }
    return nil
  }
}

/// A name out of a file, fit for one line of a terminal: no control characters, not endless.
package func printable(_ name: String) -> String {
  var text = ""
  let scalars = name.unicodeScalars.prefix(201)
  for scalar in scalars.prefix(200) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: text += "\u{FFFD}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return scalars.count > 200 ? text + "..." : text
}
