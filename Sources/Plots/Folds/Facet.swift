internal import Failures
internal import Records

/// One thing that was set, by name and as figures show it.
struct Facet: Hashable {
  var name: String
  /// As a legend shows it; empty where there is nothing to say.
  var text: String

  init(_ name: String, _ text: String) { (self.name, self.text) = (name, printable(text)) }

  /// The names of those that every setting has; `parameters` come under their own names.
  static let names = [
    "model", "attack", "norm", "epsilon", "rotation", "translation", "interpolation", "data", "split", "total",
  ]

  /// All that was set: first what `names` lists, then the parameters.
  static func all(of setting: Setting) -> [Facet] { main(of: setting) + parameters(of: setting) }

  /// What `names` lists.
  static func main(of setting: Setting) -> [Facet] {
    let isNatural = setting.attack == "none"
    return [
      Facet("model", setting.model), Facet("attack", isNatural ? "no attack" : setting.attack),
      Facet("norm", isNatural ? "" : setting.norm),
      Facet("epsilon", isNatural ? "" : "epsilon " + (setting.epsilon.map(Numbers.pixels) ?? "none")),
      Facet("rotation", "rotation " + Numbers.shortest(setting.rotation) + (setting.isRotationExact ? " exact" : "")),
      Facet("translation", "translation " + Numbers.shortest(setting.translation)),
      Facet("interpolation", setting.interpolation ?? ""), Facet("data", setting.data ?? ""),
      Facet("split", setting.split ?? ""), Facet("total", setting.total.map { "of \($0) images" } ?? ""),
    ]
  }

  /// What else was set, in the order of the keys.
  static func parameters(of setting: Setting) -> [Facet] {
    (setting.parameters?.members ?? []).filter { $0.value != .null }.sorted { $0.key < $1.key }.map { member in
      let number = member.value.number.map(Numbers.shortest)
      return Facet(member.key, "\(member.key) \(number ?? member.value.string ?? member.value.text)")
    }
  }
}

/// A number that images were perturbed by, along which measurements are drawn.
public enum Budget: String, CaseIterable, Sendable {
  /// Degrees.
  case rotation
  /// The bound of an attack, in pixel units.
  case epsilon
  /// Pixels.
  case translation

  func value(of setting: Setting) -> Double? {
    switch self {
    case .rotation: setting.rotation
    case .epsilon: setting.attack == "none" ? 0 : setting.epsilon
    case .translation: setting.translation
    }
  }

  /// As an axis is labelled.
  var label: String {
    switch self {
    case .rotation: "rotation (degrees)"
    case .epsilon: "epsilon (pixel units)"
    case .translation: "translation (pixels)"
    }
  }

  /// `value` as texts show it.
  func text(_ value: Double) -> String { self == .epsilon ? Numbers.pixels(value) : Numbers.shortest(value) }

  /// An axis over `values`.
  ///
  /// - Throws: `Failure(.data)` where their span is no finite number.
  func axis(over values: [Double]) throws(Failure) -> Axis {
    var axis = Axis(label: label, range: try range(of: values, label: label))
    switch self {
    case .rotation: axis.unit = .degrees
    case .epsilon: if values.allSatisfy(Axis.isLevel) { axis.unit = .levels }
    case .translation: break
    }
    return axis
  }
}

/// From the least to the largest of `values`, widened where they are one.
///
/// - Throws: `Failure(.data)` where the span is no finite number, which cannot be drawn.
func range(of values: [Double], label: String) throws(Failure) -> ClosedRange<Double> {
  var (low, high) = (values.min() ?? 0, values.max() ?? 1)
  if low == high {
    let room = low == 0 ? 1 : low.magnitude / 2
    (low, high) = (low - room, high + room)
  }
  guard (high - low).isFinite, (high - low) / 1e6 > max(low.magnitude, high.magnitude) * 1e-15 else {
    throw Failure(.data, "\(label): numbers from \(low) to \(high) cannot be drawn on one axis")
  }
  return low...high
}
