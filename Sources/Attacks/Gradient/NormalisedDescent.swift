import Networks
import Tensors

/// Projected gradient descent as the published code of "Can we have it all?" (NeurIPS 2021) carries it out, faults included.
///
/// That code attacks normalised pixels, `(pixel - mean) / deviation`: budget and steps are in their units, and after every
/// step they are clipped to -1...1, which comes after the ball and so has the last word. An image can end up far outside the
/// budget, in pixel units as in normalised ones; at epsilon 0 clipping alone remains. Pixels also stay within 0...1, which
/// the code leaves to chance.
public struct NormalisedDescent: Attack {
  /// Whose script it follows.
  public enum Script: Hashable, Sendable {
    /// That for StdCNN: from true labels.
    case standard
    /// That for GCNN: from the labels that the network predicts, and from a start that is not clipped.
    case equivariant
  }

  /// The attack that was meant: the same numbers in pixel units.
  public let descent: ProjectedGradientDescent
  /// The mean per channel, in pixel units.
  public let mean: [Float]
  /// What differences from the mean are divided by, per channel, in pixel units; positive.
  public let deviation: [Float]
  /// Whose script it follows.
  public let script: Script

  /// `descent`, which is of `linf` and has one random start, with its sizes in normalised units.
  public init(_ descent: ProjectedGradientDescent, mean: [Float], deviation: [Float], script: Script) {
    (self.descent, self.mean, self.deviation, self.script) = (descent, mean, deviation, script)
  }

  /// The largest change of a pixel value.
  public var norm: Norm { .linf }
  /// None that holds.
  public var budget: Bound? { nil }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }
  /// All but norm and budget; the step's size in normalised units.
  public var parameters: [AttackParameter] { descent.parameters }
  /// Those of the one start.
  public var mostSteps: Int { descent.steps }

  /// Where pixels of a channel are clipped to, in pixel units.
  public func range(channel: Int) -> ClosedRange<Float> {
    let (low, high) = (mean[channel] - deviation[channel], mean[channel] + deviation[channel])
    return min(max(low, 0), 1)...min(max(high, 0), 1)
  }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure(.usage)` that names the setting and what it may be.
  public func validate(classCount: Int) throws { try descent.validate(classCount: classCount) }

  /// An attempt, at epsilon 0 too.
  public func attempt(on subject: Subject) -> (any Attempt)? { NormalisedAttempt(self, on: subject) }
}

private final class NormalisedAttempt: Attempt {
  private let settings: NormalisedDescent
  private let subject: Subject
  private let label: Int
  private(set) var steps = 0

  init(_ settings: NormalisedDescent, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    label = settings.script == .standard ? subject.goal.label : predictedClass(subject.logits)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let gradient = answer?.gradient {
      guard answer?.isFinite == true else { return .failed(.gradient) }
      step(pixels, along: gradient)
      steps += 1
    } else {
      start(pixels)
    }
    return steps < settings.descent.steps ? .differentiate(.crossEntropy(label: label)) : .done
  }

  private func start(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.descent.seed)
    generator.fillUniform(pixels, radius: settings.descent.epsilon)
    forEachChannel { places, deviation in
      for i in places { pixels[i] = subject.clean[i] + deviation * pixels[i] }
    }
    if settings.script == .standard || settings.descent.steps == 0 { project(pixels) }
  }

  private func step(_ pixels: MutablePixels, along gradient: Pixels) {
    forEachChannel { places, deviation in
      let size = settings.descent.stepSize * deviation
      for i in places { pixels[i] += (gradient[i] > 0 ? size : 0) - (gradient[i] < 0 ? size : 0) }
    }
    project(pixels)
  }

  /// Into the ball, then to where normalised pixels are -1...1.
  private func project(_ pixels: MutablePixels) {
    var channel = 0
    forEachChannel { places, deviation in
      let (radius, range) = (settings.descent.epsilon * deviation, settings.range(channel: channel))
      for i in places {
        let change = min(max(pixels[i] - subject.clean[i], -radius), radius)
        pixels[i] = min(max(subject.clean[i] + change, range.lowerBound), range.upperBound)
      }
      channel += 1
    }
  }

  /// Calls `body` with the places of every channel's pixels and what these are divided by.
  private func forEachChannel(_ body: (Range<Int>, Float) -> Void) {
    let size = subject.clean.count / max(settings.deviation.count, 1)
    for (channel, deviation) in settings.deviation.enumerated() {
      body(channel * size..<(channel + 1) * size, deviation)
    }
  }
}
