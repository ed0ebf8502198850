#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The logarithm to base 10.
func logarithm(_ value: Double) -> Double { log10(value) }

/// Numbers as figures show them, the same in every locale.
package enum Numbers {
  /// `value` with `places` decimals, 0...9, rounded half away from zero.
  package static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1
    for _ in 0..<min(max(places, 0), 9) { scale *= 10 }
    let scaled = (value.magnitude * Double(scale)).rounded()
    guard scaled < 1e15 else { return shortest(value) }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: scale)
    return scale == 1 ? "\(sign)\(whole)" : "\(sign)\(whole)." + String(String(scale + fraction).dropFirst())
  }

  /// The fewest digits that mean `value`.
  package static func shortest(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A share of 0...1 as `12.3 %`.
  package static func percent(_ share: Double, places: Int = 1) -> String {
    decimal(share * 100, places: places) + " %"
  }

  /// A distance in pixel units: `8/255` where it is just that and long as a decimal.
  package static func pixels(_ value: Double) -> String {
    let steps = (value * 255).rounded()
    guard shortest(value).utf8.count > 6, steps >= 1, steps < 255, steps / 255 == value else { return shortest(value) }
    return "\(Int(steps))/255"
  }

  /// `lowest` or `lowest to highest` of whole numbers; empty where there are none.
  package static func span(_ values: [Int]) -> String {
    guard let lowest = values.min(), let highest = values.max() else { return "" }
    return lowest == highest ? "\(lowest)" : "\(lowest) to \(highest)"
  }
}

/// `text` without characters that steer a terminal, since names in records are not to be trusted.
package func printable(_ text: String) -> String {
  text.unicodeScalars.reduce(into: "") { result, scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      result.unicodeScalars.append("?")
    default: result.unicodeScalars.append(scalar)
    }
  }
}

/// `name` with at most 200 characters: a figure repeats it at every point.
func bounded(_ name: String) -> String {
  name.utf8.count > 200 && name.count > 200 ? "\(name.prefix(100))…\(name.suffix(99))" : name
}
