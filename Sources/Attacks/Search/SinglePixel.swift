import Networks
import Tensors

/// One pixel, all its channels black or white, at up to `queries / 2` random places (Narodytska and Kasiviswanathan 2016),
/// in the order of advertorch's code: the first that fools counts.
public struct SinglePixel: Attack {
  /// How often the network may be asked.
  public var queries: Int
  /// The seed of the places.
  public var seed: UInt64

  /// The attack with these settings; advertorch's unless told otherwise.
  public init(queries: Int = 200, seed: UInt64 = 0) { (self.queries, self.seed) = (queries, seed) }

  /// How many values changed.
  public var norm: Norm { .l0 }
  /// It has none: a pixel is a pixel.
  public var budget: Bound? { nil }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All.
  public var parameters: [AttackParameter] {
    [.init(.queries, .integer(queries)), .init(.seed, .text(String(seed)))]
  }
  /// One a query.
  public var mostSteps: Int { queries }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws { try Requirement.positive(queries, "queries") }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard subject.isClassifiedRightly else { return nil }
    var generator = subject.generator(seed: seed)
    let places = generator.permutation(count: subject.shape[1] * subject.shape[2])
    return Proposals(min(queries, 2 * places.count), on: subject) { number, pixels in
      pixels.copy(subject.clean)
      for channel in 0..<subject.shape[0] {
        pixels[channel * places.count + places[number / 2]] = Float(number % 2)
      }
    }
  }
}
