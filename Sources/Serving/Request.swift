public import Evaluation
public import Records
public import Spatial

/// What a line asks for.
public enum Request: Equatable, Sendable {
  /// What the model says of an image.
  case predict(ServedImage)
  /// What an attack makes of an image.
  case attack(ServedImage, NamedAttack)
  /// What an image looks like, turned and moved.
  case transform(ServedImage)
  /// What the model is.
  case describe
  /// That the requests of this `id` are not answered any more.
  case cancel(JSON)
}

extension Request {
  /// The values of `op`.
  public enum Operation: String, CaseIterable, Sendable {
    /// As the cases of `Request`.
    case predict, attack, transform, describe, cancel
  }
}

/// An image that fits the model.
public struct ServedImage: Equatable, Sendable {
  /// The pixels, `[c, h, w]`, in 0...1.
  public let pixels: [Float]
  /// The true class, where it is known.
  public let label: Int?
  /// The position in the data set, by which the random numbers of an attack go.
  public let index: Int
  /// How it is to be turned and moved before all else, if it is.
  public let transform: ServedTransform?

  /// An image of its parts.
  public init(pixels: [Float], label: Int? = nil, index: Int = 0, transform: ServedTransform? = nil) {
    (self.pixels, self.label, self.index, self.transform) = (pixels, label, index, transform)
  }
}

/// How one image is turned and moved.
public struct ServedTransform: Equatable, Sendable {
  /// By how much.
  public let pose: Pose
  /// How pixels are made of their neighbours.
  public let interpolation: Interpolation

  /// A transformation of its parts.
  public init(pose: Pose, interpolation: Interpolation = .nearest) {
    (self.pose, self.interpolation) = (pose, interpolation)
  }
}

/// Which line a reply belongs to.
public struct ReplyAddress: Equatable, Sendable {
  /// The 1-based number of the request's line.
  public let line: Int
  /// The request's `id`, if it has one.
  public let id: JSON?

  /// The address of the request on `line`.
  public init(line: Int, id: JSON?) { (self.line, self.id) = (line, id) }
}
