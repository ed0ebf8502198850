internal import Failures
internal import Records

/// Measurements that differ in one budget alone, and what the line is called.
struct Line {
  var name: String
  /// By budget, rising.
  var samples: [(value: Double, sample: Sample)]
  /// What tells the line from others, and what all lines have in common.
  var facets: [Facet]
}

/// Measurements sorted into lines.
struct Lines {
  private(set) var lines: [Line] = []
  /// What is equal in all, worth saying in a caption.
  private(set) var common: [String] = []

  /// Sorts `samples` along `budgets`, on which points of one line differ.
  ///
  /// Lines are told apart by `facets`, else by all that was set, parameters only where two points would fall together.
  /// Images without an attack begin the line of every attack on the same images.
  ///
  /// - Parameter isAlone: whether every sample is a line of its own.
  /// - Throws: `Failure(.data)` where two points of a line fall together.
  init(
    _ samples: [Sample], along budgets: [Budget], by facets: [String]?, names: ModelNames, isAlone: Bool = false
  ) throws(Failure) {
    let models = names.names(of: samples.map(\.setting.model))
    let skipped = Set(budgets.map(\.rawValue))
    var groups: [(key: [Facet], samples: [Sample])] = []
    var places: [[Facet]: Int] = [:]
    if isAlone {
      lines = samples.map { sample in
        var facets = Facet.all(of: sample.setting)
        facets[0] = Facet("model", models[sample.setting.model] ?? sample.setting.model)
        return Line(name: "", samples: [(value: 0, sample: sample)], facets: facets)
      }
      name(by: facets)
      return
    }
    func add(_ sample: Sample, _ key: [Facet]) {
      let place = places[key] ?? groups.count
      if place == groups.count {
        places[key] = place
        groups.append((key, []))
      }
      groups[place].samples.append(sample)
    }
    func key(_ sample: Sample) -> [Facet] {
      var key = Facet.main(of: sample.setting).filter { !skipped.contains($0.name) }
      key[0] = Facet("model", models[sample.setting.model] ?? sample.setting.model)
      guard let facets else { return key }
      return (key + Facet.parameters(of: sample.setting)).filter { facets.contains($0.name) }
    }
    let isNatural = { (sample: Sample) in budgets.contains(.epsilon) && sample.setting.attack == "none" }
    for sample in samples where !isNatural(sample) { add(sample, key(sample)) }
    // Those without an attack belong to every attack on the same images, else they stand for themselves.
    let attacked = groups.map(\.key)
    for sample in samples where isNatural(sample) {
      let own = key(sample)
      let hosts = attacked.filter { Self.withoutAttack($0) == Self.withoutAttack(own) }
      for host in hosts.isEmpty ? [own] : hosts { add(sample, host) }
    }
    for group in groups {
      lines += try Self.split(group.key, group.samples, along: budgets, isFree: facets == nil)
    }
    name(by: nil)
  }

  private static func withoutAttack(_ key: [Facet]) -> [Facet] {
    key.filter { ["model", "rotation", "translation", "interpolation", "data", "split", "total"].contains($0.name) }
  }

  /// One line of the samples, or one for each value of the parameters that differ where two points fall together.
  private static func split(
    _ key: [Facet], _ samples: [Sample], along budgets: [Budget], isFree: Bool
  ) throws(Failure) -> [Line] {
    func place(_ sample: Sample) -> [Double?] { budgets.map { $0.value(of: sample.setting) } }
    var differing: Set<String> = []
    for together in Dictionary(grouping: samples, by: place).values where together.count > 1 {
      let all = together.map { Set(isFree ? Facet.parameters(of: $0.setting) : Facet.all(of: $0.setting)) }
      let shared = all.dropFirst().reduce(all[0]) { $0.intersection($1) }
      differing.formUnion(all.flatMap { $0.subtracting(shared) }.map(\.name))
      guard isFree, !differing.isEmpty else {
        let at = budgets.map { "\($0.rawValue) \($0.value(of: together[0].setting).map($0.text) ?? "none")" }
        throw Failure(
          .data,
          "two points of one line at \(at.joined(separator: ", ")): they differ in "
            + "\(differing.isEmpty ? "nothing" : differing.sorted().joined(separator: ", ")); say so with --by")
      }
    }
    let groups = Dictionary(grouping: samples) { sample in
      Facet.parameters(of: sample.setting).filter { differing.contains($0.name) }
    }
    let keys = samples.map { sample in Facet.parameters(of: sample.setting).filter { differing.contains($0.name) } }
    var lines: [Line] = []
    var seen: Set<[Facet]> = []
    for facets in keys where seen.insert(facets).inserted {
      let own = groups[facets] ?? []
      let sorted = own.compactMap { sample in budgets[0].value(of: sample.setting).map { ($0, sample) } }
        .sorted { $0.0 < $1.0 }
      lines.append(Line(name: "", samples: sorted.map { (value: $0.0, sample: $0.1) }, facets: key + facets))
    }
    return lines
  }

  /// Calls each line by what varies between lines.
  private mutating func name(by wanted: [String]?) {
    var names: [String] = []
    for facet in lines.flatMap(\.facets) where !names.contains(facet.name) { names.append(facet.name) }
    let varying = names.filter { name in
      let texts = lines.map { line in line.facets.first { $0.name == name }?.text ?? "" }
      return Set(texts.filter { !$0.isEmpty }).count > 1
    }
    let shown = wanted ?? (varying.isEmpty ? ["model"] : varying)
    for place in lines.indices {
      let texts = lines[place].facets.filter { shown.contains($0.name) && !$0.text.isEmpty }.map(\.text)
      lines[place].name = bounded(texts.joined(separator: ", "))
    }
    let plain = ["", "rotation 0", "translation 0", "no attack", "epsilon none"]
    common = names.filter { !shown.contains($0) && $0 != "total" }.compactMap { name in
      lines.lazy.compactMap { line in line.facets.first { $0.name == name }?.text }.first { !$0.isEmpty }
    }.filter { !plain.contains($0) }
  }

  /// What a caption says: what all have in common, and how many images there are.
  func caption(of measure: String, interval: String) -> String {
    let samples = lines.flatMap { $0.samples.map(\.sample) }
    let missing = samples.map(\.missing).max() ?? 0
    let facts =
      common + ["n = \(Numbers.span(samples.map(\.tally.count)))"] + (missing > 0 ? ["up to \(missing) missing"] : [])
    return "\(measure), \(facts.joined(separator: ", "))." + (interval.isEmpty ? "" : " " + interval)
  }
}

/// A refusal where there are more series than eyes can tell apart.
func checkCount(_ count: Int, _ what: String) throws(Failure) {
  guard count <= Palette.count else {
    throw Failure(
      .data, "\(count) \(what) in one figure, at most \(Palette.count) can be told apart; plot some of the records")
  }
}
