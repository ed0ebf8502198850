public import Corruptions
public import Datasets
import Records
import Tensors

/// What corrupts images before all else.
public enum ImageCorruption: Hashable, Sendable {
  /// A formula, with random numbers of this seed.
  case computed(Corruption, seed: UInt64)
  /// Files of images that somebody corrupted, at this severity of 1...5.
  case stored(CorruptedImages, severity: Int)

  /// What it is called.
  public var name: String {
    switch self {
    case .computed(let corruption, _): corruption.kind.rawValue
    case .stored(let images, _): images.name
    }
  }

  /// How much, of 1...5.
  public var severity: Int {
    switch self {
    case .computed(let corruption, _): corruption.severity
    case .stored(_, let severity): severity
    }
  }

  /// Refuses images that it is not defined for.
  ///
  /// - Throws: `Failure`.
  func check(_ images: LabeledImages) throws {
    switch self {
    case .computed(let corruption, _): try corruption.validate(imageShape: images.imageShape)
    case .stored(let stored, _): try stored.check(images)
    }
  }

  /// Replaces the image at `index`, `[c, h, w]` of `shape`, by its corrupted version.
  ///
  /// - Throws: `Failure` where a file cannot be read.
  func apply(to pixels: UnsafeMutableBufferPointer<Float>, shape: Shape, index: Int) throws {
    switch self {
    case .computed(let corruption, let seed): try corruption.apply(to: pixels, shape: shape, seed: seed, image: index)
    case .stored(let images, let severity): try images.writePixels(of: index, severity: severity, into: pixels)
    }
  }

  /// As records say it: the seed, or that the images were read from files.
  var parameters: [JSON.Member] {
    let own: [JSON.Member] = [.init("corruption", .string(name)), .init("severity", .integer(Int64(severity)))]
    switch self {
    case .computed(_, let seed): return own + [.init("corruption_seed", .string(String(seed)))]
    case .stored: return own + [.init("corruption_files", .bool(true))]
    }
  }
}
