public import ArgumentParser

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
    var numbers: [ExactNumber] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let more = Self.numbers(item), numbers.count + more.count <= Self.maximalCount else { return nil }
      numbers += more
    }
    self.text = text
    self.numbers = numbers
  }

  /// What was typed.
  public var description: String { text }

  private static func numbers(_ item: Substring) -> [ExactNumber]? {
    let parts = item.split(separator: ":", omittingEmptySubsequences: false).compactMap { ExactNumber(String($0)) }
    switch (parts.count, item.count { $0 == ":" }) {
    case (1, 0): return parts
    case (3, 2): return range(from: parts[0], through: parts[1], step: parts[2])
    default: return nil
    }
  }

  /// `first`, `first + step`, ... up to `last`, each rounded once.
  private static func range(from first: ExactNumber, through last: ExactNumber, step: ExactNumber) -> [ExactNumber]? {
    guard step.value != 0, last.value == first.value || (last.value > first.value) == (step.value > 0) else {
      return nil
    }
    // Half a millionth of a step forgives the rounding of `last - first`.
    let count = ((last.value - first.value) / step.value + 0.5e-6).rounded(.down) + 1
    guard count <= Double(maximalCount) else { return nil }
    let (first, step) = (first.quotient, step.quotient)
    let denominator = first.denominator * step.denominator
    let numbers = (0..<Int(count)).compactMap { position in
      let numerator = first.numerator * step.denominator + Double(position) * step.numerator * first.denominator
      return ExactNumber(text: NumberText.shortest(numerator / denominator), quotient: (numerator, denominator))
    }
    return numbers.count == Int(count) ? numbers : nil
  }
}

extension NumberList: ExpressibleByArgument {
  /// As `init(_:)`.
  public init?(argument: String) { self.init(argument) }
}
