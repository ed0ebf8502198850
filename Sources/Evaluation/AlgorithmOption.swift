/// How the algorithms of convolutions are chosen, other than by the fixed rule.
public enum AlgorithmOption: String, CaseIterable, Sendable {
  /// The direct algorithm throughout.
  case direct
  /// Whatever is fastest when measured.
  case autotune
}
