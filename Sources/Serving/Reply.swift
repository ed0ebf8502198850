public import Attacks
public import Evaluation
public import Failures
public import Records
public import Spatial

/// What the service answers to one request.
public enum Reply: Equatable, Sendable {
  /// What the model says of an image: the logits and the probabilities of all classes.
  case prediction(predicted: Int, className: String?, probabilities: [Float], logits: [Float], pose: Pose?)
  /// What an attack made of an image.
  case attack(AttackedImage, by: NamedAttack)
  /// What an image looks like, turned and moved: its index, its pose, its pixels `[c, h, w]` and their shape.
  case transformed(index: Int, pose: Pose, pixels: [Float], shape: [Int])
  /// What the model is, and the list of attacks on it.
  case description(ModelFacts, ServiceLimits, attacks: JSON)
  /// How many requests of this `id` were still to be answered and are cancelled.
  case cancellation(of: JSON, count: Int)
  /// Why there is no answer.
  case failure(Failure)
  /// There is no answer, since the request of a later line did not want it any more.
  case cancelled(byLine: Int)
  /// There is no answer, since it would have come too late.
  case expired
}

/// An image after an attack, with what `cusp-attack` records of it.
public struct AttackedImage: Equatable, Sendable {
  /// The position by which the attack's random numbers went.
  public let index: Int
  /// The class attacked: the true one, or the predicted one where nobody gave it.
  public let label: Int
  /// The class predicted for the untouched image.
  public let natural: Int
  /// The class predicted for the perturbed image.
  public let perturbed: Int
  /// The norm of the perturbation, in pixel units.
  public let distance: Float
  /// The perturbed pixels, `[c, h, w]`, in 0...1.
  public let pixels: [Float]
  /// The image's shape, `[c, h, w]`.
  public let shape: [Int]
  /// The steps taken, all restarts together; nil unless the attack stopped early.
  public let steps: Int?
  /// What the networks were asked about it.
  public let cost: AttackCost
  /// The member of an ensemble that fooled the model with it; nil where none did.
  public let member: String?
  /// Whether the gradient at the first step was zero in every pixel.
  public let hadZeroGradient: Bool
  /// Why the attack failed and the image is unharmed, or that the model's answers are not finite; nil when all is well.
  public let failure: String?
  /// How it was turned and moved before, if it was.
  public let pose: Pose?
  /// The points that the attack asked about; empty unless it is traced.
  public let trace: [TracePoint]
}

extension Reply {
  /// Appends the record for the request at `address`.
  public func write(_ address: ReplyAddress, into writer: inout RecordWriter) {
    if let (code, message) = problem {
      let line = address.id == nil ? address.line : nil
      return ErrorRecord(code: code, message: message, line: line, id: address.id).write(into: &writer)
    }
    writer.begin("reply")
    if let id = address.id { writer.write("id", id) } else { writer.write("line", address.line) }
    switch self {
    case .prediction(let predicted, let className, let probabilities, let logits, let pose):
      writer.write("op", Request.Operation.predict.rawValue)
      pose?.write(into: &writer)
      writer.write("predicted", predicted)
      if let className { writer.write("class", className) }
      writer.write("probabilities", probabilities)
      writer.write("logits", logits)
    case .attack(let image, let attack):
      writer.write("op", Request.Operation.attack.rawValue)
      image.write(into: &writer)
      writer.write("attack", attack.settings)
      if let descent = attack.attack as? ProjectedGradientDescent, descent.fallsShort {
        writer.write("reach", descent.reach)
      }
    case .transformed(let index, let pose, let pixels, let shape):
      writer.write("op", Request.Operation.transform.rawValue)
      writer.write("index", index)
      pose.write(into: &writer)
      writeImage(pixels, shape: shape, into: &writer)
    case .description(let facts, let limits, let attacks):
      writer.write("op", Request.Operation.describe.rawValue)
      facts.write(limits, into: &writer)
      facts.writeDetails(into: &writer)
      writer.write("attacks", attacks)
      writer.write("refused", AttackCatalogue.unservedJSON)
    case .cancellation(let id, let count):
      writer.write("op", Request.Operation.cancel.rawValue)
      writer.write("cancel", id)
      writer.write("cancelled", count)
    case .failure, .cancelled, .expired: break
    }
    writer.end()
  }

  /// Whether it is written as an `error` record.
  var isError: Bool { problem != nil }

  /// The kind of failure and the words for it, where there is no answer.
  private var problem: (code: String, message: String)? {
    switch self {
    case .failure(let failure): (failure.kind.code, failure.message)
    case .cancelled(let line): ("cancelled", "cancelled by line \(line)")
    case .expired: ("deadline", "the deadline passed before the answer; give more time or ask for less")
    default: nil
    }
  }
}

extension AttackedImage {
  fileprivate func write(into writer: inout RecordWriter) {
    writer.write("index", index)
    pose?.write(into: &writer)
    writer.write("label", label)
    writer.write("natural", natural)
    writer.write("perturbed", perturbed)
    writer.write("distance", distance)
    writeImage(pixels, shape: shape, into: &writer)
    if let steps { writer.write("steps", steps) }
    writer.write("forwards", cost.forwards)
    writer.write("backwards", cost.backwards)
    if let member { writer.write("broken_by", member) }
    if hadZeroGradient { writer.write("zero_gradient", true) }
    if let failure { writer.write("failure", failure) }
    if !trace.isEmpty { writer.write("trace", .array(trace.map(\.json))) }
  }
}

extension TracePoint {
  /// Without the numbers that are not finite.
  fileprivate var json: JSON {
    // The double that prints as the float does.
    func member(_ key: String, _ value: Float) -> [JSON.Member] {
      value.isFinite ? [.init(key, .number(Double(value.description) ?? Double(value)))] : []
    }
    return .object(
      [.init("step", .integer(Int64(step)))] + member("loss", loss) + member("margin", margin)
        + member("distance", distance))
  }
}

private func writeImage(_ pixels: [Float], shape: [Int], into writer: inout RecordWriter) {
  writer.beginObject("image")
  writer.write("shape", .array(shape.map { .integer(Int64($0)) }))
  writer.write("f32", Base64.encode(pixels))
  writer.endObject()
}

extension Pose {
  fileprivate func write(into writer: inout RecordWriter) {
    writer.beginObject("pose")
    writer.write("degrees", degrees)
    writer.write("dx", dx)
    writer.write("dy", dy)
    writer.endObject()
  }
}

extension NamedAttack {
  /// All settings, as a request's `attack` takes them.
  fileprivate var settings: JSON {
    .object(
      [
        .init("name", .string(name)), .init("norm", .string(attack.norm.rawValue)),
        .init("epsilon", epsilon.map { .number($0) } ?? .null),
      ] + (parameters.members ?? []) + (isTraced ? [.init("trace", .bool(true))] : []))
  }
}
