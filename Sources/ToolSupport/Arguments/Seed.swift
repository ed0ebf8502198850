import Failures

/// Seeds as typed.
public enum Seed {
  /// The seed that an option means by `text`: for `@Option(transform:)`, so that a refusal says what is taken.
  ///
  /// - Throws: `Failure` (`usage`) with the accepted form.
  @Sendable public static func typed(_ text: String) throws -> UInt64 {
    guard let seed = UInt64(text) else { throw Failure(.usage, "give a whole number of 0 to 2^64 - 1") }
    return seed
  }
}
