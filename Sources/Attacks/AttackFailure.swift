/// Why an attack failed for an image, which it then leaves unharmed.
public enum AttackFailure: String, CaseIterable, Sendable {
  /// The image to attack has pixels outside of 0...1, or some that are not numbers.
  case pixels
  /// In every restart a gradient was infinite or not a number.
  case gradient
  /// What every restart ended with failed the final check of bound and range.
  case bound

  /// The reason as records say it.
  public var message: String {
    switch self {
    case .pixels: "its pixels are not all in 0...1"
    case .gradient: "a gradient is not finite"
    case .bound: "no perturbation within the budget was found"
    }
  }
}
