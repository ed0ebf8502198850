import Networks

/// Contrast taken away until the network errs, in `steps` equal parts from the image to middle grey (Foolbox's linear search
/// for contrast): a baseline that any attack must beat.
public struct ContrastReduction: GradedSearch {
  /// How distance is measured; it decides nothing.
  public var norm: Norm
  /// Into how many parts the way to grey is cut.
  public var steps: Int

  /// The search with these settings; Foolbox's unless told otherwise.
  public init(norm: Norm = .l2, steps: Int = 1000) { (self.norm, self.steps) = (norm, steps) }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard subject.isClassifiedRightly else { return nil }
    return Proposals(steps, on: subject) { [steps] number, pixels in
      let share = Float(number + 1) / Float(steps)
      for i in pixels.indices { pixels[i] = (1 - share) * subject.clean[i] + share * 0.5 }
    }
  }
}
