import Failures
public import Records

extension ExactNumber {
  /// The number that an option means by `text`: for `@Option(transform:)`, so that a refusal says what is taken.
  ///
  /// - Throws: `Failure` (`usage`) with the accepted form.
  @Sendable public static func typed(_ text: String) throws -> ExactNumber {
    guard let number = ExactNumber(text) else {
      throw Failure(.usage, "give a number without a unit, as in 0.3 or 8/255")
    }
    return number
  }
}
