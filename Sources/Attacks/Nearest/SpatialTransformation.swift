import Networks
import Tensors

/// The spatially transformed image (StAdv; Xiao et al. 2018): every pixel is looked up a little elsewhere, by a flow that
/// L-BFGS finds, which minimises by how much the network is still right plus 0.05 times how much the flow varies.
///
/// The image is not to lie in a ball: there is no budget, and the largest change of a pixel value, which records tell,
/// decides nothing; of all flows that fool the one that varies least counts. Where none does, the image comes back as it
/// was. With several searches the first part is weighed tenfold until one fools, and then by halving, as Carlini and
/// Wagner's attack does.
///
/// advertorch moves a batch's flows by one optimiser, sums squares of their differences and gives back a black image
/// where it fails; this is the published loss, for every image by itself.
public struct SpatialTransformation: Attack {
  /// Steps of the optimiser in one search.
  public var steps: Int
  /// How many weights are tried.
  public var searches: Int
  /// By how much the wrong logit must lead.
  public var confidence: Float
  /// The class to be taken for.
  public var target: Int?
  /// What the flow's variation weighs.
  static let smoothness: Float = 0.05

  /// The attack with these settings.
  public init(steps: Int = 100, searches: Int = 3, confidence: Float = 0, target: Int? = nil) {
    (self.steps, self.searches, self.confidence, self.target) = (steps, searches, confidence, target)
  }

  /// How distance is told; it decides nothing.
  public var norm: Norm { .linf }
  /// It has no ball to stay in.
  public var budget: Bound? { nil }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }
  /// Those of all searches.
  public var mostSteps: Int { Requirement.product(steps, searches) }
  /// All of them.
  public var parameters: [AttackParameter] {
    [
      .init(.steps, .integer(steps)), .init(.searches, .integer(searches)),
      .init(.confidence, .number(confidence)),
    ] + (target.map { [.init(.target, .integer($0))] } ?? [])
  }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.positive(steps, "steps")
    try Requirement.positive(searches, "searches")
    try Requirement.confidence(confidence)
    try Requirement.target(target, classCount: classCount)
  }

  /// An attempt; nil for an image that is misclassified as it is or taken for the target.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    subject.goal.isFooled(by: predictedClass(subject.logits)) ? nil : FlowAttempt(self, on: subject)
  }
}

private final class FlowAttempt: Attempt {
  private let settings: SpatialTransformation
  private let subject: Subject
  private let objective: Objective
  private let field: FlowField
  private let optimiser: LimitedMemoryBFGS
  private let still, gradient: PixelBuffer
  /// The image of the flow that varies least, with its variation as the distance.
  private var smoothest: NearestPoint
  private var search: ConstantSearch
  private var hasFooled = false
  /// The steps of the searches before.
  private var earlier = 0

  init(_ settings: SpatialTransformation, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    objective = .margin(label: settings.target ?? subject.goal.label)
    field = FlowField(shape: subject.shape)
    let farthest = Float(max(subject.shape[1], subject.shape[2]))
    optimiser = LimitedMemoryBFGS(count: field.count, within: -farthest...farthest)
    (still, gradient) = (PixelBuffer(count: field.count), PixelBuffer(count: field.count))
    smoothest = NearestPoint(count: subject.clean.count)
    search = ConstantSearch(from: 1, count: settings.searches)
  }

  var steps: Int { earlier + optimiser.moves }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let slope = answer.gradient else { return begin(pixels) }
    let flow = optimiser.question
    let margin = objective.value(answer.logits)
    let lead = (settings.target == nil ? -margin : margin) + settings.confidence
    field.pullBack(slope, of: subject.clean, by: flow, into: gradient.pixels)
    let weight = lead < 0 ? 0 : settings.target == nil ? -search.constant : search.constant
    for i in gradient.pixels.indices { gradient.pixels[i] *= weight }
    let variation = field.variation(of: flow, weight: SpatialTransformation.smoothness, addingTo: gradient.pixels)
    guard answer.isFinite, isFinite(gradient.contents) else { return .failed(.gradient) }
    if subject.goal.isFooled(by: answer.logits, confidence: settings.confidence) {
      hasFooled = true
      smoothest.keep(pixels, at: Float(variation))
    }
    let value = Double(search.constant) * Double(max(lead, 0))
    _ = optimiser.take(value + Double(SpatialTransformation.smoothness) * variation, gradient.contents)
    return optimiser.hasEnded || optimiser.moves == settings.steps ? beginNext(pixels) : ask(pixels)
  }

  private func ask(_ pixels: MutablePixels) -> Move {
    field.warp(subject.clean, by: optimiser.question, into: pixels)
    return .differentiate(objective)
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    earlier += optimiser.moves
    hasFooled = false
    optimiser.begin(at: still.contents)
    return ask(pixels)
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    search.advance(hasFooled: hasFooled) ? begin(pixels) : smoothest.finish(pixels, within: nil)
  }
}
