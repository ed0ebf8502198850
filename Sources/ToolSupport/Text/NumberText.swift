#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Numbers as people read them, the same in every locale.
public enum NumberText {
  /// `value` with `places` decimals, at most 9, rounded half away from zero; `-` when it is not a finite number.
  public static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<min(max(places, 0), 9) { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 1e18 else { return value.isFinite ? value.description : "-" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
    guard scale > 1 else { return "\(sign)\(whole)" }
    return "\(sign)\(whole)." + String(String(Int(scale) + fraction).dropFirst())
  }

  /// A share of 0...1 as `12.3 %`.
  public static func percent(_ share: Double, places: Int = 1) -> String {
    let text = decimal(share * 100, places: places)
    return text == "-" ? text : "\(text) %"
  }

  /// The fewest digits that mean `value`, without `.0` after a whole number.
  public static func shortest(_ value: Double) -> String { withoutPoint(value.description) }

  /// The fewest digits that mean `value` in single precision, without `.0` after a whole number.
  public static func shortest(_ value: Float) -> String { withoutPoint(value.description) }

  private static func withoutPoint(_ text: String) -> String {
    text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// `value` with at most `digits` significant digits, 1...15, as in `0.1235` and `1.235e-07`; `-` when it is not a
  /// finite number.
  public static func significant(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return "-" }
    var exponent = value == 0 ? 0 : Int(log10(value.magnitude).rounded(.down))
    var mantissa = "\(scaled(value.magnitude, digits - 1 - exponent))"
    // Rounded up into one more digit.
    if mantissa.count > digits { (exponent, mantissa) = (exponent + 1, String(mantissa.dropLast())) }
    var rounded = Double("\(mantissa)e\(exponent - digits + 1)") ?? .infinity
    if rounded.isInfinite { rounded = value.magnitude }
    return (value < 0 && rounded > 0 ? "-" : "") + shortest(rounded)
  }

  /// `magnitude` times 10 to the power of `exponent`, rounded; in two steps, since that power may not be finite.
  private static func scaled(_ magnitude: Double, _ exponent: Int) -> Int {
    let half = exponent / 2
    return Int((magnitude * pow(10, Double(half)) * pow(10, Double(exponent - half))).rounded())
  }

  /// A distance in pixel units: `8/255` where it is just that and long as a decimal, else the fewest digits.
  public static func pixelDistance(_ value: Double) -> String {
    let decimal = shortest(value)
    let steps = (value * 255).rounded()
    guard decimal.utf8.count > 6, steps >= 1, steps < 255, steps / 255 == value else { return decimal }
    return "\(Int(steps))/255"
  }

  /// A duration as `42 s`, `3:05` or `2:03:05`.
  public static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "-" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }

  /// So many of what `noun` names, as in `1 image` and `2 images`.
  public static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// A whole number with commas between its thousands.
  public static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    let groups = stride(from: digits.count % 3 - 3, to: digits.count, by: 3).map { start in
      String(digits[max(start, 0)..<start + 3])
    }
    return (value < 0 ? "-" : "") + groups.filter { !$0.isEmpty }.joined(separator: ",")
  }
}
