public import ArgumentParser
public import ToolSupport

/// What else is said of an attack, and whether that decides how the program ends.
public struct WatchOptions: ParsableArguments {
  /// Whether the points that it asks about are written.
  @Flag(help: "Also write a record of every point that the attack asks about: loss, margin, distance.")
  public var trace = false

  /// Whether variations of it say how far it is to be trusted.
  @Flag(help: "Also say, in a record of its own, whether the attack is to be trusted where images withstand it.")
  public var diagnose = false

  /// Whether an attack that failed, or a sign against it, makes the program end with 1.
  @Flag(help: "End with status 1 when the attack failed for an image, or --diagnose found something.")
  public var strict = false

  /// Nothing.
  public init() {}

  /// Refuses a diagnosis of what is not one sound attack on the model itself.
  ///
  /// - Throws: `ValidationError` that names what it does not go with.
  public func refuseOthers(_ attack: AttackOptions, one: UniversalOptions, epsilon: NumberList?) throws {
    guard diagnose else { return }
    if one.universal {
      throw ValidationError("--universal is an attack of its own: leave out --diagnose")
    }
    try attack.refuseDiagnosis()
    if epsilon?.numbers.count ?? 1 > 1 {
      throw ValidationError("--diagnose looks at one attack: give one --epsilon")
    }
  }

  /// Refuses what is said of attacks where there is none, for `reason`.
  ///
  /// - Throws: `ValidationError` that names it.
  public func refuseWithoutAttack(_ reason: String) throws {
    for (option, isGiven) in [("--trace", trace), ("--diagnose", diagnose)] where isGiven {
      throw ValidationError("\(option) is of an attack, and \(reason)")
    }
  }
}
