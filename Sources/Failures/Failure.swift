/// What went wrong, where, and what to do about it: the one error type of this package.
///
/// A failure is one line for a person and a kind for a script. Programs print it as `cusp-attack: <message>` and exit
/// with `kind.exitStatus`.
public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
  /// Who or what is at fault; decides the exit status.
  public enum Kind: Sendable {
    /// The command line is wrong: 64.
    case usage
    /// An input's content is wrong (truncated, mismatched, not finite): 65.
    case data
    /// An input does not exist or cannot be read: 66.
    case noInput
    /// A mistake in this package: 70.
    case `internal`
    /// An output cannot be created: 73.
    case cannotCreate
    /// Reading or writing failed on the way, as on a full disk: 74.
    case inputOutput

    /// The exit status, as in `sysexits.h`.
    public var exitStatus: Int32 {
      switch self {
      case .usage: 64
      case .data: 65
      case .noInput: 66
      case .internal: 70
      case .cannotCreate: 73
      case .inputOutput: 74
      }
    }
  }

  /// Who or what is at fault.
  public let kind: Kind
  /// One line without the program's name: what, where, what to do.
  public let message: String

  /// A failure of `kind`; line breaks in `message` become spaces, so that it stays one line.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = String(message.map { $0.isNewline ? " " : $0 })
  }

  /// The message.
  public var description: String { message }
}
