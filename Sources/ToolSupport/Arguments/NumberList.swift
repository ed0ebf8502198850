import Failures
public import Records

/// Numbers as typed: `0,2/255,4/255`, ranges `0:180:15` (first, last, step), or both.
public struct NumberList: Equatable, Sendable, CustomStringConvertible {
  /// The most numbers a list may have.
  public static let maximalCount = 10_000

  /// What was typed.
  public let text: String
  /// The numbers in the order typed; at least one.
  public let numbers: [ExactNumber]

  /// The nearest doubles.
  public var values: [Double] { numbers.map(\.value) }

  /// The numbers that `text` means; nil when one of them is none or there are too many.
  public init?(_ text: String) {
    guard let list = try? Self.typed(text) else { return nil }
    self = list
  }

  private init(text: String, numbers: [ExactNumber]) { (self.text, self.numbers) = (text, numbers) }

  /// The numbers that an option means by `text`: for `@Option(transform:)`, so that a refusal says what is taken.
  ///
  /// - Throws: `Failure` (`usage`) with what is wrong and the accepted form.
  @Sendable public static func typed(_ text: String) throws -> NumberList {
    var numbers: [ExactNumber] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      numbers += try Self.numbers(item)
      guard numbers.count <= maximalCount else { throw tooMany }
    }
    return NumberList(text: text, numbers: numbers)
  }

  /// What was typed.
  public var description: String { text }

  private static var tooMany: Failure { Failure(.usage, "give at most \(maximalCount) numbers") }

  private static func numbers(_ item: Substring) throws -> [ExactNumber] {
    let texts = item.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let parts = texts.compactMap { ExactNumber($0) }
    switch parts.count {
    case texts.count where texts.count == 1: return parts
    case texts.count where texts.count == 3: return try range(from: parts[0], through: parts[1], step: parts[2])
    case texts.count where texts.count == 2:
      throw Failure(.usage, "\(item) has no step; give ranges as FIRST:LAST:STEP, as in 0:180:15")
    default:
      let numbers = "numbers without a unit, as in 0.3, 8/255 or 15,30"
      throw Failure(.usage, "give \(numbers), or ranges FIRST:LAST:STEP, as in 0:180:15")
    }
  }

  /// `first`, `first + step`, ... up to `last`, each rounded once.
  private static func range(
    from first: ExactNumber, through last: ExactNumber, step: ExactNumber
  ) throws -> [ExactNumber] {
    guard step.value != 0, last.value == first.value || (last.value > first.value) == (step.value > 0) else {
      let wrong = "steps of \(step) do not lead from \(first) to \(last)"
      throw Failure(.usage, "\(wrong); give FIRST:LAST:STEP, as in 0:180:15 or 180:0:-15")
    }
    // Half a millionth of a step forgives the rounding of `last - first`.
    let count = ((last.value - first.value) / step.value + 0.5e-6).rounded(.down) + 1
    guard count <= Double(maximalCount) else { throw tooMany }
    let (first, step) = (first.quotient, step.quotient)
    let denominator = first.denominator * step.denominator
    let numbers = (0..<Int(count)).compactMap { position in
      let numerator = first.numerator * step.denominator + Double(position) * step.numerator * first.denominator
      return ExactNumber(text: NumberText.shortest(numerator / denominator), quotient: (numerator, denominator))
    }
    guard numbers.count == Int(count) else { throw tooMany }
    return numbers
  }
}
