import Failures
import Networks

/// What settings of attacks have in common that mean nothing.
enum Requirement {
  /// Refuses a radius that is negative or no number, and under `linf` one beyond all pixels.
  static func budget(_ epsilon: Float, _ norm: Norm) throws {
    guard epsilon >= 0, epsilon.isFinite else {
      throw Failure(.usage, "epsilon \(epsilon): give a finite number, 0 or more")
    }
    guard norm != .l0 || epsilon.rounded() == epsilon else {
      throw Failure(.usage, "epsilon \(epsilon): l0 counts pixel values; give a whole number")
    }
    guard norm != .linf || epsilon <= 1 else {
      throw Failure(.usage, "epsilon \(epsilon): pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255")
    }
  }

  /// Refuses a class that the network does not have.
  static func target(_ target: Int?, classCount: Int) throws {
    guard let target, !(0..<classCount).contains(target) else { return }
    throw Failure(.usage, "target \(target): the model's classes are 0 to \(classCount - 1)")
  }

  /// Refuses a lead of the wrong logit that is negative or no number.
  static func confidence(_ confidence: Float) throws {
    guard confidence >= 0, confidence.isFinite else {
      throw Failure(.usage, "confidence \(confidence): give a finite number, 0 or more")
    }
  }

  /// The product of counts, or `Int.max` where it is beyond that.
  static func product(_ counts: Int...) -> Int {
    counts.reduce(1) { product, count in
      let (result, overflow) = product.multipliedReportingOverflow(by: count)
      return overflow ? .max : result
    }
  }

  /// The sum of two counts, or `Int.max` where it is beyond that.
  static func sum(_ one: Int, _ other: Int) -> Int {
    let (result, overflow) = one.addingReportingOverflow(other)
    return overflow ? .max : result
  }

  /// Refuses a count below 1.
  static func positive(_ count: Int, _ what: String) throws {
    guard count >= 1 else { throw Failure(.usage, "\(count) \(what): give 1 or more") }
  }
}

extension Subject {
  /// Whether the classifier takes the clean image for what it is.
  var isClassifiedRightly: Bool { predictedClass(logits) == goal.label }
}
