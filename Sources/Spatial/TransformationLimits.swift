/// The largest budgets that are taken, from wherever they come: options, curricula and requests.
public enum TransformationLimits {
  /// A whole turn.
  public static let degrees = 360.0
  /// Far beyond any image.
  public static let pixels = 10_000.0
  /// Poses tried of one image.
  public static let poses = 1_000_000
}
