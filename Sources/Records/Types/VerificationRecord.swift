public import Failures

/// Whether a saved set of perturbed images keeps its promise, and how a model does on it.
public struct VerificationRecord: Record {
  /// The value of `type`.
  public static let type = "verification"

  /// The model's digest.
  public var model: String
  /// The file, as it was named.
  public var path: String
  /// The clean images: the data set as `--data` takes it, and the part of it.
  public var data, split: String
  /// The ball: how distance is measured, its radius, and what is forgiven, in pixel units.
  public var norm: String, epsilon: Double, tolerance: Double
  /// What stands for white in the file, 1 or 255.
  public var range: Int
  /// The largest distance of an image from its clean one, in pixel units; nil where no image has finite numbers.
  public var distance: Float?
  /// How many images break which part of the promise.
  public var breaches: Breaches
  /// What the model made of the images.
  public var tally: Tally
  /// The first images that break it, at most `mostOffenders`.
  public var offenders: [Offender]

  /// How many offenders are named.
  public static let mostOffenders = 10

  /// How many images break a part of the promise, each counted in every part that it breaks.
  public struct Breaches: Equatable, Sendable {
    /// How many lie outside the ball, and how many have a pixel outside 0...1.
    public var ball = 0, range = 0
    /// How many have a number that is not finite.
    public var finite = 0
    /// How many have an index that is not above the one before; nil where the file has no indices.
    public var order: Int?
    /// How many have another label in the file than in the data; nil where the file has no labels.
    public var label: Int?

    /// None so far.
    public init(order: Int? = nil, label: Int? = nil) { (self.order, self.label) = (order, label) }

    /// Whether there is none.
    public var isEmpty: Bool { ball + range + finite + (order ?? 0) + (label ?? 0) == 0 }
  }

  /// A part of the promise that an image breaks.
  public enum Problem: String, CaseIterable, Sendable {
    /// It lies outside the ball, a pixel outside 0...1, or a number is not finite.
    case ball, range, finite
    /// Its index is not above the one before, or its label is another than in the data.
    case order, label
  }

  /// An image that breaks the promise.
  public struct Offender: Equatable, Sendable {
    /// Its place in the file, and the position of its clean image in the original split, both from 0.
    public var place: Int, index: Int
    /// What is wrong.
    public var problems: [Problem]
    /// How far it is from its clean image, in pixel units; nil where a number is not finite.
    public var distance: Float?
    /// The first other clean image in whose ball it lies; nil where there is none or it lies in that of its own.
    public var near: Int?

    /// An offender.
    public init(place: Int, index: Int, problems: [Problem], distance: Float?, near: Int? = nil) {
      (self.place, self.index, self.problems) = (place, index, problems)
      (self.distance, self.near) = (distance, near)
    }
  }

  /// Whether every image keeps every part of the promise.
  public var holds: Bool { breaches.isEmpty }

  /// A record of no image yet.
  public init(
    model: String, path: String, data: String, split: String, norm: String, epsilon: Double, tolerance: Double,
    range: Int, breaches: Breaches
  ) {
    (self.model, self.path, self.data, self.split) = (model, path, data, split)
    (self.norm, self.epsilon, self.tolerance, self.range) = (norm, epsilon, tolerance, range)
    (self.breaches, tally, offenders) = (breaches, Tally(), [])
  }
}

// MARK: - JSON

extension VerificationRecord {
  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    (model, path) = (try fields.string("model"), try fields.string("path"))
    (data, split) = (try fields.string("data"), try fields.string("split"))
    (norm, epsilon) = (try fields.string("norm"), try fields.number("epsilon"))
    (tolerance, range) = (try fields.number("tolerance"), try fields.integer("range"))
    let count = try fields.integer("count")
    distance = try fields.optionalNumber("distance").map { Float($0) }
    breaches = Breaches()
    (breaches.ball, breaches.range) = (try fields.integer("outside_ball"), try fields.integer("outside_range"))
    breaches.finite = try fields.integer("not_finite")
    breaches.order = try fields.optionalInteger("out_of_order")
    breaches.label = try fields.optionalInteger("labels_differ")
    tally = Tally(count: count)
    tally.naturallyCorrect = try fields.integer("naturally_correct")
    (tally.correct, tally.fooled) = (try fields.integer("correct"), try fields.integer("fooled"))
    guard count > 0, [tally.naturallyCorrect, tally.correct, tally.fooled].allSatisfy((0...count).contains) else {
      throw Failure(.data, "verification record: counts that are not between 0 and `count`")
    }
    offenders = []
    for offender in try fields.array("offenders") { offenders.append(try Offender(json: offender)) }
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("verification")
    writer.write("model", model)
    writer.write("path", path)
    writer.write("data", data)
    writer.write("split", split)
    writer.write("norm", norm)
    writer.write("epsilon", epsilon)
    writer.write("tolerance", tolerance)
    writer.write("range", range)
    writer.write("count", tally.count)
    writer.write("holds", holds)
    writer.write("distance", distance.map(shortest) ?? .null)
    writer.write("outside_ball", breaches.ball)
    writer.write("outside_range", breaches.range)
    writer.write("not_finite", breaches.finite)
    writer.write("out_of_order", count(breaches.order))
    writer.write("labels_differ", count(breaches.label))
    writer.write("naturally_correct", tally.naturallyCorrect)
    writer.write("natural_accuracy", tally.naturalAccuracy)
    writer.write("natural_accuracy_interval", interval(tally.naturallyCorrect))
    writer.write("correct", tally.correct)
    writer.write("accuracy", tally.accuracy)
    writer.write("accuracy_interval", interval(tally.correct))
    writer.write("fooled", tally.fooled)
    writer.write("fooling_rate", tally.foolingRate)
    writer.write("fooling_rate_interval", interval(tally.fooled))
    writer.write("offenders", .array(offenders.map(\.json)))
    writer.end()
  }

  private func count(_ images: Int?) -> JSON { images.map { .integer(Int64($0)) } ?? .null }

  private func interval(_ successes: Int) -> JSON { WilsonInterval(successes: successes, count: tally.count).json }
}

extension VerificationRecord.Offender {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "verification record: offender")
    (place, index) = (try fields.integer("place"), try fields.integer("index"))
    problems = []
    for name in try fields.strings("problems") {
      guard let problem = VerificationRecord.Problem(rawValue: name) else {
        throw Failure(.data, "verification record: offender: `\(name)` is no problem known here")
      }
      problems.append(problem)
    }
    distance = try fields.optionalNumber("distance").map { Float($0) }
    near = try fields.optionalInteger("near")
  }

  var json: JSON {
    var members: [JSON.Member] = [
      .init("place", .integer(Int64(place))), .init("index", .integer(Int64(index))),
      .init("problems", .strings(problems.map(\.rawValue))),
      .init("distance", distance.map(shortest) ?? .null),
    ]
    if let near { members.append(.init("near", .integer(Int64(near)))) }
    return .object(members)
  }
}

/// The number with the fewest digits that mean `value`.
private func shortest(_ value: Float) -> JSON { .number(Double(value.description) ?? Double(value)) }
