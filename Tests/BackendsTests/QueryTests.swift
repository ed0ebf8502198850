import Attacks
import Foundation
import Networks
import TestSupport
import Testing

/// What a public attack without gradients comes to within so many queries: a case of `fixtures/attacks/queries.json`.
struct QueryCase: Decodable, Sendable, CustomTestStringConvertible {
  let attack, norm: String
  let epsilon: Double?
  /// Settings by the catalogue's names.
  let settings: [String: Double]
  /// After how many queries, or rounds of a fixed number of queries.
  let queries, rounds: [Int]?
  /// Shares or median distances there, means over `seeds` seeds, and how far one seed deviates.
  let values, deviations: [Double]
  let seeds: Int
  /// The mean of queries until success, where it is known.
  let mean, meanDeviation: Double?

  var testDescription: String { "\(attack) \(norm)" }

  struct File: Decodable {
    var scores: [QueryCase] = []
    var rounds: [QueryCase] = []
    var decisions: [QueryCase] = []
  }

  static let all: File = {
    (try? JSONDecoder().decode(File.self, from: Fixture.data("attacks/queries.json"))) ?? File()
  }()

  func attack(seed: UInt64, steps: Int? = nil, queries: Int? = nil) throws -> any Attack {
    let description = try #require(AttackCatalogue[attack])
    var request = AttackRequest()
    (request.norm, request.epsilon, request.seed) = (try #require(Norm(rawValue: norm)), epsilon, seed)
    for (name, value) in settings {
      let setting = try #require(AttackSetting(rawValue: name))
      request.values[setting] = setting.kind == .integer ? .integer(Int(value)) : .number(Float(value))
    }
    if let steps { request.steps = steps }
    if let queries, description.settings.contains(.queries) { request.queries = queries }
    return try description.attack(request)
  }

  /// How far the difference of two means, of the case's seeds and of `others`, deviates where both have one distribution.
  func noise(_ deviation: Double, _ others: Int) -> Double {
    deviation * (1 / Double(seeds) + 1 / Double(others)).squareRoot()
  }
}

@Suite("Attacks without gradients ask hardly more often than public ones")
struct QueryTests {
  /// One seed of 285 images tells five per cent from none, see below; of walks, on 40 images, it takes more.
  private static let seeds: [UInt64] = [0]
  private static let walks: [UInt64] = [0, 1, 2, 3]
  /// How many queries more may be needed, relative to the public attack's.
  private static let margin = 0.05
  private let digits: FramedDigits
  private let scheduler: AttackScheduler
  /// The digits that are classified rightly.
  private let places: [Int]

  init() throws {
    digits = try FramedDigits(count: 300)
    scheduler = try digits.scheduler()
    let labels = digits.labels
    places = try digits.results(of: nil, by: scheduler).filter { $0.naturalClass == labels[$0.place] }.map(\.place)
  }

  private func watch(_ attack: some Attack, on places: [Int], most: Int) throws -> Notes {
    let notes = Notes()
    _ = try digits.results(of: WatchedAttack(attack: attack, notes: notes, most: most), on: places, by: scheduler)
    return notes
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test("fool as many images within five per cent more queries", arguments: QueryCase.all.scores)
  func scores(_ peer: QueryCase) throws {
    let budgets = try #require(peer.queries)
    let last = try #require(budgets.last)
    func more(_ queries: Int) -> Int { Int((1 + Self.margin) * Double(queries)) }
    let firsts = try Self.seeds.map { seed in
      let notes = try watch(peer.attack(seed: seed, queries: more(last)), on: places, most: more(last))
      return places.map { notes.first($0) ?? .max }
    }
    for (place, queries) in budgets.enumerated() {
      let share = mean(firsts.map { Double($0.count { $0 <= more(queries) }) / Double(places.count) })
      let noise = peer.noise(peer.deviations[place], Self.seeds.count)
      #expect(share >= peer.values[place] - 3 * noise, "\(queries): \(share), not \(peer.values[place]), \(noise)")
    }
    let queries = mean(firsts.map { mean($0.map { Double(min($0, last)) }) })
    let (theirs, noise) = try (#require(peer.mean), peer.noise(#require(peer.meanDeviation), Self.seeds.count))
    #expect(queries <= (1 + Self.margin) * theirs, "\(queries), not \(theirs)")
    // So many images tell five per cent from none.
    #expect(2 * noise < Self.margin * theirs, "\(noise) of \(theirs)")
  }

  @Test("fool as many images in as many rounds of as many queries", arguments: QueryCase.all.rounds)
  func rounds(_ peer: QueryCase) throws {
    for (place, rounds) in try #require(peer.rounds).enumerated() {
      let shares = try Self.seeds.map { seed in
        let results = try digits.results(of: peer.attack(seed: seed, steps: rounds), on: places, by: scheduler)
        return Double(results.count { $0.perturbedClass != digits.labels[places[$0.place]] }) / Double(places.count)
      }
      let noise = peer.noise(peer.deviations[place], Self.seeds.count)
      #expect(mean(shares) >= peer.values[place] - 3 * noise, "\(rounds): \(shares), not \(peer.values[place])")
    }
  }

  @Test("come as near by as many decisions", arguments: QueryCase.all.decisions)
  func decisions(_ peer: QueryCase) throws {
    let budgets = try #require(peer.queries)
    let few = Array(places.prefix(40))
    let notes = try Self.walks.map { seed in
      try watch(peer.attack(seed: seed), on: few, most: #require(budgets.last))
    }
    for (place, queries) in budgets.enumerated() {
      let medians = notes.map { notes in
        let distances = few.map { notes.nearest($0, within: queries) }.sorted()
        return Double(distances[19] + distances[20]) / 2
      }
      let noise = peer.noise(peer.deviations[place], medians.count)
      #expect(mean(medians) <= peer.values[place] + 3 * noise, "\(queries): \(medians), not \(peer.values[place])")
    }
  }

  @Test("the fixture holds its cases")
  func fixture() {
    let cases = QueryCase.all
    #expect((cases.scores.count, cases.rounds.count, cases.decisions.count) == (5, 3, 3) && places.count > 250)
  }
}
