import Failures
public import Records

/// How messages call settings: as options, `--step-size`, or as keys of JSON, `step_size`.
public enum SettingNames: Sendable {
  /// As options of a command line.
  case options
  /// As members of an object.
  case keys

  /// What the setting with this key is called.
  public subscript(key: String) -> String {
    if self == .options, key == "members" { return "--ensemble" }
    return self == .options ? "--" + key.replacing("_", with: "-") : key
  }

  /// Refuses a `number` of pixel units above 1, which would be levels of 8 bits.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what was meant.
  public func refuseLevels(_ key: String, _ number: ExactNumber) throws {
    guard number.value > 1 else { return }
    let example = (2...255).contains(number.value) && number.value.rounded() == number.value ? Int(number.value) : 8
    throw Failure(
      .usage, "\(self[key]) \(number): pixels are 0...1, so give 1 at most; \(example) of 255 levels are \(example)/255"
    )
  }
}
