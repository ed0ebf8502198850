import Tensors

/// How turning and attacking join in a stage that does both: the first is CuSP's, the others are what it is held against.
///
/// With another than `composed` an image is either turned and moved or attacked, never both; crops and flips stay.
public enum Mixture: String, CaseIterable, Sendable {
  /// Every image is turned and moved, and then attacked: A(T(x)).
  case composed
  /// The images of one step are turned and moved, those of the next attacked.
  case alternating
  /// Of every image one of both is drawn, anew in every epoch.
  case random
  /// Of every image that of both which the network, in evaluation mode, has the larger cross-entropy of; of equals the
  /// attacked one. Tramèr and Boneh 2019: `max`.
  case maximum
  /// Both of every image, and the mean of their cross-entropies. Tramèr and Boneh 2019: `avg`.
  case average

  /// Whether `random` has `image` attacked in `epoch`: every other image, by chance.
  static func attacks(_ image: Int, seed: UInt64, epoch: Int) -> Bool {
    var generator = Generator(seed: seed, purpose: .mixture, epoch: epoch, image: image)
    return generator.uniform() < 0.5
  }
}
