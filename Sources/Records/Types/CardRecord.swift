public import Failures

/// How a model holds against all that it was tried with, in one record.
public struct CardRecord: Record {
  /// The value of `type`.
  public static let type = "card"

  /// One kind of trial.
  public struct Part: Equatable, Sendable {
    /// What it is called, as `autoattack`.
    public var name: String
    /// The scores: one, or one a setting.
    public var scores: [ScoreRecord]
    /// How long it took.
    public var seconds: Double

    /// A part of all that is said of it.
    public init(name: String, scores: [ScoreRecord], seconds: Double) {
      (self.name, self.scores, self.seconds) = (name, scores, seconds)
    }

    /// The accuracy, the mean of those of its settings.
    public var accuracy: Double {
      scores.reduce(0) { $0 + $1.tally.accuracy } / Double(max(1, scores.count))
    }

    /// The 95 % interval of the accuracy; nil where it is a mean, of shares that depend on each other.
    public var interval: WilsonInterval? {
      scores.count == 1 ? WilsonInterval(successes: scores[0].tally.correct, count: scores[0].tally.count) : nil
    }
  }

  /// Something that was not tried.
  public struct Omission: Equatable, Sendable {
    /// What it is called.
    public var name: String
    /// Why not.
    public var reason: String

    /// An omission.
    public init(name: String, reason: String) { (self.name, self.reason) = (name, reason) }
  }

  /// The model's digest.
  public var model: String
  /// What its file is called.
  public var path: String
  /// The data set as `--data` takes it.
  public var data: String
  /// The part of it, `train` or `test`.
  public var split: String
  /// How many images were asked for.
  public var total: Int
  /// What was tried, in the order in which it was.
  public var parts: [Part]
  /// What was not.
  public var notRun: [Omission]

  /// A record of all its parts.
  public init(
    model: String, path: String, data: String, split: String, total: Int, parts: [Part], notRun: [Omission]
  ) {
    (self.model, self.path, self.data, self.split, self.total) = (model, path, data, split, total)
    (self.parts, self.notRun) = (parts, notRun)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    model = try fields.string("model")
    path = try fields.string("path")
    data = try fields.string("data")
    split = try fields.string("split")
    total = try fields.integer("total")
    parts = []
    for element in try fields.array("parts") {
      var part = try RecordFields(element, name: "card record: a part")
      var scores: [ScoreRecord] = []
      let name = try part.string("name")
      let seconds = try part.number("seconds")
      for score in try part.array("scores") { scores.append(try ScoreRecord(json: score)) }
      parts.append(Part(name: name, scores: scores, seconds: seconds))
    }
    notRun = []
    for element in try fields.array("not_run") {
      var omission = try RecordFields(element, name: "card record: what was not run")
      notRun.append(Omission(name: try omission.string("name"), reason: try omission.string("reason")))
    }
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("card")
    writer.write("model", model)
    writer.write("path", path)
    writer.write("data", data)
    writer.write("split", split)
    writer.write("total", total)
    writer.write("parts", .array(parts.map(\.json)))
    writer.write("not_run", .array(notRun.map(\.json)))
    writer.end()
  }
}

extension CardRecord.Part {
  fileprivate var json: JSON {
    .object(
      [.init("name", .string(name)), .init("accuracy", .number(accuracy))]
        + (interval.map { [.init("accuracy_interval", $0.json)] } ?? [])
        + [
          .init("seconds", .number(seconds)),
          .init("scores", .array(scores.compactMap { try? JSON(parsing: $0.line) })),
        ])
  }
}

extension CardRecord.Omission {
  fileprivate var json: JSON { .object([.init("name", .string(name)), .init("reason", .string(reason))]) }
}
