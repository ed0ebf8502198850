#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A number on an axis and what is written beside it.
package struct Tick: Equatable, Sendable {
  package var value: Double
  package var text: String
}

extension Axis {
  /// Round numbers within the range, at most `count` of them, at least 2, as close as that allows.
  package func ticks(atMost count: Int) -> [Tick] {
    if isLogarithmic { return decades(atMost: count) }
    let (low, high) = (range.lowerBound, range.upperBound)
    let span = high - low
    for step in steps(from: span / Double(max(count, 2) + 1)) {
      // What rounding did to an end of the range must not take its tick away.
      let (first, last) = ((low / step - 1e-9).rounded(.up), (high / step + 1e-9).rounded(.down))
      guard last - first < Double(max(count, 2)) else { continue }
      // Beyond 2^53 steps from zero neighbours are one number.
      guard first.magnitude < 9e15, last.magnitude < 9e15, first <= last else { break }
      return (Int(first)...Int(last)).map { tick(Double($0) * step, step: step) }
    }
    return [tick(low, step: span), tick(high, step: span)]
  }

  /// Step widths that people count in, from a little below `least` on.
  private func steps(from least: Double) -> [Double] {
    let exponent = log10(least).rounded(.down)
    let round = (0..<9).map { pow(10, exponent + Double($0 / 3)) * [1, 2, 5][$0 % 3] }
    switch unit {
    case .plain, .share: return round
    case .whole: return [1] + round.filter { $0 > 1 }
    case .degrees: return (round.filter { $0 < 1 } + [1, 2, 5, 10, 15, 30, 45, 90, 180] + round).filter { $0 >= least }
    case .levels: return (0..<9).map { Double(1 << $0) / 255 }.filter { $0 >= least } + round
    }
  }

  private func tick(_ value: Double, step: Double) -> Tick {
    if value == 0 && unit == .levels { return Tick(value: 0, text: "0") }
    let places = Int(max(0, -(log10(step) + 1e-9).rounded(.down)))
    switch unit {
    case .share: return Tick(value: value, text: Numbers.decimal(value * 100, places: places - 2) + " %")
    case .levels where value > 0 && Self.isLevel(value):
      return Tick(value: value, text: "\(Int((value * 255).rounded()))/255")
    default:
      let isFar = range.upperBound.magnitude >= 1e9 || places > 6
      return Tick(value: value, text: isFar ? Numbers.shortest(value) : Numbers.decimal(value, places: places))
    }
  }

  private func decades(atMost count: Int) -> [Tick] {
    let first = Int((log10(range.lowerBound) - 1e-9).rounded(.up))
    let last = Int((log10(range.upperBound) + 1e-9).rounded(.down))
    guard first <= last else { return [range.lowerBound, range.upperBound].map { Tick(value: $0, text: "\($0)") } }
    let step = (last - first) / max(count, 2) + 1
    return stride(from: first, through: last, by: step).map { exponent in
      let value = pow(10, Double(exponent))
      return Tick(
        value: value,
        text: (-4...4).contains(exponent) ? Numbers.decimal(value, places: max(0, -exponent)) : "1e\(exponent)")
    }
  }

  /// Whether `value` is a whole number of levels of 255.
  static func isLevel(_ value: Double) -> Bool { abs(value * 255 - (value * 255).rounded()) < 1e-6 }
}
