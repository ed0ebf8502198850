package import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The system's own words for an error `number` of `errno`, as in `No such file or directory`.
public func systemErrorText(_ number: Int32) -> String {
  guard let text = strerror(number) else { return "error \(number)" }
  return String(cString: text)
}

/// The failure of whatever was done for `place` with the error `number`, if the system has run out of something: that
/// is neither the place's fault nor this program's, and passes.
package func shortage(_ place: String, _ number: Int32) -> Failure? {
  let advice: String
  switch number {
  case EMFILE: advice = "allow more by `ulimit -n`, or name fewer files"
  case ENFILE: advice = "close other programs"
  case ENOMEM: advice = "free some memory, or allow more by `ulimit -v`"
  case EAGAIN: advice = "close other programs, or allow more processes by `ulimit -u`"
  default: return nil
  }
  return Failure(.inputOutput, "\(place): \(systemErrorText(number)); \(advice), and run again")
}

/// The failure of writing to `path` with the error `number`: a full or failing disk is `.inputOutput`, anything else
/// means that the file cannot be made there.
package func writeFailure(_ path: String, _ number: Int32) -> Failure {
  if let shortage = shortage(path, number) { return shortage }
  let text = systemErrorText(number)
  switch number {
  case ENOSPC, EDQUOT: return Failure(.inputOutput, "\(path): \(text); free some space and run again")
  case EFBIG: return Failure(.inputOutput, "\(path): \(text); allow larger files by `ulimit -f`, and run again")
  case EIO: return Failure(.inputOutput, "\(path): \(text); the disk failed while writing")
  case ENOENT, ENOTDIR: return Failure(.cannotCreate, "\(path): cannot create: no such folder; make it first")
  default: return Failure(.cannotCreate, "\(path): cannot create: \(text); write elsewhere")
  }
}

/// The failure of reading from `path` with the error `number`.
package func readFailure(_ path: String, _ number: Int32) -> Failure {
  if let shortage = shortage(path, number) { return shortage }
  switch number {
  case ENOENT, ENOTDIR: return Failure(.noInput, "\(path): no such file; check the path")
  case EISDIR: return Failure(.noInput, "\(path): is a folder; name a file")
  case EIO: return Failure(.inputOutput, "\(path): \(systemErrorText(number)); the disk failed while reading")
  case EACCES, EPERM:
    return Failure(.noInput, "\(path): cannot be read: \(systemErrorText(number)); check its permissions")
  default: return Failure(.noInput, "\(path): cannot be read: \(systemErrorText(number)); check the path")
  }
}
