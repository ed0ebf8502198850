public import Failures

/// What measurements say of a claim of the paper "Can we have it all?", for one network, data set and way to measure.
public struct PaperClaimRecord: Record {
  /// The value of `type`.
  public static let type = "paper-claim"

  /// What is claimed.
  public enum Claim: String, CaseIterable, Sendable {
    /// The farther images are turned or moved in training, the fewer poses fool the network.
    case spatialRaisesSpatial = "spatial-training-raises-spatial-robustness"
    /// The farther images are turned or moved in training, the more images an attack fools.
    case spatialLowersAdversarial = "spatial-training-lowers-adversarial-robustness"
    /// The farther images are turned or moved in training, the nearer are images that fool: the explanation of 2019.
    case spatialShortensDistance = "spatial-training-shortens-distance"
    /// The larger epsilon is in training, the fewer images an attack fools.
    case adversarialRaisesAdversarial = "adversarial-training-raises-adversarial-robustness"
    /// The larger epsilon is in training, the more images poses fool.
    case adversarialLowersSpatial = "adversarial-training-lowers-spatial-robustness"
    /// With CuSP the front of spatial against adversarial robustness holds more than without.
    case cuspExtendsFront = "cusp-extends-the-front"
    /// CuSP extends the front of simple trainings by more than another training by both kinds of perturbation does.
    case cuspBeatsMixture = "cusp-beats-a-mixture"
  }

  /// What becomes of a claim.
  public enum Verdict: String, Sendable {
    /// The interval lies where the claim has it.
    case shown
    /// The interval holds 0, or there is none: too few seeds, or no difference.
    case notShown = "not shown"
    /// The interval lies on the other side of 0.
    case contradicted
  }

  /// A method of training, as the mean over the seeds.
  public struct Point: Equatable, Sendable {
    /// What the models' files are called, without their seed.
    public var method: String
    /// What it trained with, of the claim's budget; nil where the claim is of none.
    public var budget: Double?
    /// What was measured: a number for each setting.
    public var means: [Double]

    /// A point of all its parts.
    public init(method: String, budget: Double?, means: [Double]) {
      (self.method, self.budget, self.means) = (method, budget, means)
    }
  }

  /// What is claimed.
  public var claim: Claim
  /// The architecture's name.
  public var architecture: String
  /// What was trained on: a data set without its folder.
  public var data: String
  /// What grows from training to training: `rotation`, `translation`, `rotation and translation` or `epsilon`; nil where the
  /// claim compares methods.
  public var budget: String?
  /// What is measured: `fooling-rate`, `accuracy-gap`, `accuracy`, `mean-distance` or `median-distance`.
  public var metric: String
  /// In which settings: one, or of a front the spatial and the adversarial one.
  public var settings: [Setting]
  /// How many images each model was shown; the least of them.
  public var count: Int
  /// Whether `values` are claimed to be above 0, else below.
  public var isRise: Bool
  /// The methods that are compared.
  public var points: [Point]
  /// The hypervolumes with CuSP, and without it or with the other method in its place, means over the seeds; nil where there
  /// are none.
  public var hypervolumes: [Double]?
  /// The seeds of training.
  public var seeds: [String]
  /// For each seed, the slope of the metric over the budget, or a difference.
  public var values: [Double]

  /// A record of all its parts.
  /// - Precondition: there is a value for each of one or more seeds.
  public init(
    claim: Claim, architecture: String, data: String, budget: String?, metric: String, settings: [Setting], count: Int,
    isRise: Bool, points: [Point], hypervolumes: [Double]? = nil, seeds: [String], values: [Double]
  ) {
    precondition(!values.isEmpty && values.count == seeds.count, "a value for each of one or more seeds")
    (self.claim, self.architecture, self.data, self.budget) = (claim, architecture, data, budget)
    (self.metric, self.count, self.isRise, self.points) = (metric, count, isRise, points)
    (self.hypervolumes, self.seeds, self.values) = (hypervolumes, seeds, values)
    self.settings = settings.map { setting in
      var setting = setting
      setting.model = ""
      (setting.path, setting.method, setting.modelSeed) = (nil, nil, nil)
      return setting
    }
  }

  /// The mean of the values with Student's interval.
  public var interval: StudentInterval { StudentInterval(values, within: -Double.infinity...Double.infinity) }

  /// What becomes of the claim.
  public var verdict: Verdict {
    guard let bounds = interval.bounds else { return .notShown }
    if bounds.lowerBound > 0 { return isRise ? .shown : .contradicted }
    if bounds.upperBound < 0 { return isRise ? .contradicted : .shown }
    return .notShown
  }

  /// Takes the record out of `json`; interval and verdict follow from the values. Other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    claim = try fields.need("claim", "a claim") { $0.string.flatMap(Claim.init(rawValue:)) }
    architecture = try fields.string("architecture")
    data = try fields.string("data")
    budget = try fields.optionalString("budget")
    metric = try fields.string("metric")
    settings = []
    for setting in try fields.array("settings") {
      var members = try RecordFields(setting, name: "paper-claim record: `settings`")
      settings.append(try Setting(&members, model: ""))
    }
    count = try fields.integer("count")
    isRise = try fields.need("claimed", "`rise` or `fall`") { ["rise": true, "fall": false][$0.string ?? ""] }
    points = try fields.need("points", "a list of points") { json in
      json.array.flatMap { $0.isEmpty ? nil : whole($0.map(Point.init(json:))) }
    }
    hypervolumes = try fields.optionalNumbers("hypervolumes")
    seeds = try fields.strings("seeds")
    values = try fields.doubles("values")
    guard !values.isEmpty, values.count == seeds.count, count >= 0 else {
      throw Failure(.data, "paper-claim record: `values` are none or not one a seed, or `count` is less than 0")
    }
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("paper-claim")
    writer.write("claim", claim.rawValue)
    writer.write("verdict", verdict.rawValue)
    writer.write("architecture", architecture)
    writer.write("data", data)
    if let budget { writer.write("budget", budget) }
    writer.write("metric", metric)
    writer.write("settings", .array(settings.map(\.json)))
    writer.write("count", count)
    writer.write("claimed", isRise ? "rise" : "fall")
    writer.write("points", .array(points.map(\.json)))
    if let hypervolumes { writer.write("hypervolumes", .array(hypervolumes.map(JSON.number))) }
    writer.write("seeds", .strings(seeds))
    writer.write("values", .array(values.map(JSON.number)))
    writer.write("value", interval.json)
    writer.end()
  }
}

extension PaperClaimRecord.Point {
  /// The point that `json` holds; nil where that is none.
  fileprivate init?(json: JSON) {
    guard let method = json["method"]?.string, let numbers = json["means"]?.array,
      let means = whole(numbers.map(\.number))
    else {
      return nil
    }
    self.init(method: method, budget: json["budget"]?.number, means: means)
  }

  fileprivate var json: JSON {
    .object(
      [.init("method", .string(method))] + (budget.map { [.init("budget", .number($0))] } ?? [])
        + [.init("means", .array(means.map(JSON.number)))])
  }
}

/// The elements, where none is nil.
private func whole<Element>(_ elements: [Element?]) -> [Element]? {
  let found = elements.compactMap(\.self)
  return found.count == elements.count ? found : nil
}
