public import Records

extension Setting {
  /// What happens to images, such as `rotation 30, pgd 8/255`; empty for those that stay as they are.
  public var perturbationText: String {
    [
      corruptionText, rotation != 0 ? "rotation \(rotationText)" : nil,
      translation > 0 ? "translation \(NumberText.shortest(translation))" : nil,
      attackText,
    ].compactMap { $0 }.joined(separator: ", ")
  }

  /// The corruption with its severity, such as `fog 3`; nil where there is none.
  private var corruptionText: String? {
    guard let name = parameters?["corruption"]?.string else { return nil }
    return [name, parameters?["severity"]?.integer.map(String.init)].compactMap { $0 }.joined(separator: " ")
  }

  /// The attack with its norm, unless that is `linf`, and its budget, if it has one; nil where there is none.
  private var attackText: String? {
    guard attack != "none", epsilon != 0 else { return nil }
    let parts = [attack, norm == "linf" ? nil : norm, epsilon.map(NumberText.pixelDistance)]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  /// Which images they are, such as `digits test 360`.
  public var dataText: String {
    [data, split, total.map { "\($0)" }].compactMap { $0 }.joined(separator: " ")
  }
}

extension [Setting] {
  /// A title for a column of each: what happens to images, and what tells it from others that look alike.
  public var perturbationTitles: [String] {
    zip(self, distinctions { [$0.perturbationText] }).map { setting, distinction in
      [setting.perturbationText, distinction].filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }
}
