import Networks

/// A blur that grows until the network errs, in `steps` equal parts up to a standard deviation as long as the image's longer
/// side (Foolbox's search for Gaussian blur): a baseline that any attack must beat.
public struct IncreasingBlur: GradedSearch {
  /// How distance is measured; it decides nothing.
  public var norm: Norm
  /// Into how many parts the largest blur is cut.
  public var steps: Int

  /// The search with these settings; Foolbox's unless told otherwise.
  public init(norm: Norm = .l2, steps: Int = 1000) { (self.norm, self.steps) = (norm, steps) }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard subject.isClassifiedRightly else { return nil }
    let blur = MirroredBlur(shape: subject.shape)
    return Proposals(steps, on: subject) { [steps] number, pixels in
      blur.write(subject.clean, share: Double(number + 1) / Double(steps), into: pixels)
    }
  }
}
