public import Failures
import ImageFiles
public import Tensors

/// A common corruption of images, with the constants of CIFAR-10-C (Hendrycks and Dietterich 2019): of what a camera, the
/// weather or a file format does, in five severities.
///
/// Those of the published list that another program's filters or photographs make (motion blur, snow, frost, spatter and
/// the elastic one) are not among them.
public struct Corruption: Hashable, Sendable {
  /// What is done. The place in the list is part of what a seed means: new ones are added at the end.
  public enum Kind: String, CaseIterable, Sendable {
    /// Normal noise is added.
    case gaussianNoise = "gaussian_noise"
    /// As many photons come as Poisson's distribution has it.
    case shotNoise = "shot_noise"
    /// Some pixel values become 0 or 1.
    case impulseNoise = "impulse_noise"
    /// Normal noise that grows with the pixels is added.
    case speckleNoise = "speckle_noise"
    /// A normal distribution's kernel blurs.
    case gaussianBlur = "gaussian_blur"
    /// A disk's kernel blurs.
    case defocusBlur = "defocus_blur"
    /// Pixels move to where neighbours were.
    case glassBlur = "glass_blur"
    /// The mean of ever larger images is taken.
    case zoomBlur = "zoom_blur"
    /// A cloud of many scales is laid over.
    case fog
    /// The value of the colours grows.
    case brightness
    /// Pixels come nearer to their mean.
    case contrast
    /// The saturation of the colours changes.
    case saturate
    /// Fewer pixels are left.
    case pixelate
    /// The image goes through a JPEG file.
    case jpegCompression = "jpeg_compression"
  }

  /// The severities that there are.
  public static let severities = 1...5

  /// What is done.
  public let kind: Kind
  /// How much, of 1...5.
  public let severity: Int

  /// A corruption of its parts.
  ///
  /// - Precondition: `severity` is in 1...5.
  public init(_ kind: Kind, severity: Int) {
    precondition(Self.severities.contains(severity), "severity \(severity)")
    (self.kind, self.severity) = (kind, severity)
  }

  /// Refuses images that this is not defined for.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(imageShape: Shape) throws(Failure) {
    let channels = imageShape[0]
    guard [1, 3].contains(channels) else {
      throw Failure(.usage, "\(kind.rawValue): images of \(channels) channels; those of 1 and 3 are corrupted")
    }
    if kind == .saturate, channels == 1 {
      throw Failure(.usage, "saturate: grey images have no colours; leave it out")
    }
  }

  /// Corrupts `pixels`, an image `[c, h, w]` of `shape` in pixel units, where they lie.
  ///
  /// What is drawn depends on `seed`, `image` and the kind alone, so that an image's noise grows with the severity. Results
  /// are whole levels of 8 bits, cut off as in the published files.
  /// - Throws: `Failure` where JPEG fails.
  public func apply(
    to pixels: UnsafeMutableBufferPointer<Float>, shape: Shape, seed: UInt64, image: Int
  ) throws {
    var planes = Planes(pixels, shape: shape)
    var generator = Generator(
      seed: seed, purpose: .corruption, image: image, restart: Kind.allCases.firstIndex(of: kind) ?? 0)
    let level = severity - 1
    switch kind {
    case .gaussianNoise: planes.addNoise([0.04, 0.06, 0.08, 0.09, 0.10][level], &generator)
    case .shotNoise: planes.countPhotons([500, 250, 100, 75, 50][level], &generator)
    case .impulseNoise: planes.addImpulses([0.01, 0.02, 0.03, 0.05, 0.07][level], &generator)
    case .speckleNoise: planes.multiplyNoise([0.06, 0.1, 0.12, 0.16, 0.2][level], &generator)
    case .gaussianBlur: planes.blur(sigma: [0.4, 0.6, 0.7, 0.8, 1][level])
    case .defocusBlur:
      let (radius, alias) = [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)][level]
      planes.defocus(radius: radius, alias: alias)
    case .glassBlur:
      let (sigma, distance, rounds) = [(0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)][level]
      planes.lookThroughGlass(sigma: sigma, distance: distance, rounds: rounds, &generator)
    case .zoomBlur: planes.zoom(steps: [7, 12, 16, 21, 26][level])
    case .fog:
      let (amount, decay) = [(0.2, 3.0), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)][level]
      planes.addFog(amount, decay: decay, &generator)
    case .brightness: planes.brighten([0.05, 0.1, 0.15, 0.2, 0.3][level])
    case .contrast: planes.scaleContrast([0.75, 0.5, 0.4, 0.3, 0.15][level])
    case .saturate:
      let (factor, more) = [(0.3, 0.0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)][level]
      planes.saturate(factor, more)
    case .pixelate: planes.pixelate([0.95, 0.9, 0.85, 0.75, 0.65][level])
    case .jpegCompression: try planes.throughJPEG(quality: [80, 65, 58, 50, 40][level])
    }
    planes.writeLevels(to: pixels)
  }
}
