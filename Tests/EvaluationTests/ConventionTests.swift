import Attacks
import Datasets
import Evaluation
import Failures
import Foundation
import Records
import TestSupport
import Testing

/// The defaults of an attack, as `fixtures/make/conventions.py` reads them off a project's package.
struct ProjectDefaults: Decodable, Sendable, CustomTestStringConvertible {
  let like, attack, norm: String
  let epsilon, share: Double?
  let steps: Int?
  let stepSize: Double?
  let start, projection, direction: String?
  let channels: Int?

  var testDescription: String { "\(like) \(attack) \(norm)" }

  private enum CodingKeys: String, CodingKey {
    case like, attack, norm, epsilon, share, steps, start, projection, direction, channels
    case stepSize = "step_size"
  }

  static func load() throws -> [ProjectDefaults] {
    try JSONDecoder().decode([ProjectDefaults].self, from: Fixture.data("conventions.json"))
  }
}

/// Attacks that go by another project's defaults.
@Suite("Conventions")
struct ConventionTests {
  private func settings(_ like: String, _ attack: String, _ norm: String) throws -> AttackSettings {
    var settings = AttackSettings()
    settings.kind = try #require(AttackCatalogue[attack])
    settings.norm = Norm(rawValue: norm)
    settings.convention = Convention(rawValue: like)
    return settings
  }

  @Test("What is not given is as in the project's package")
  func defaults() throws {
    let all = try ProjectDefaults.load()
    #expect(Set(all.map(\.like)) == ["advertorch", "foolbox", "torchattacks", "art", "trades", "madry", "paper"])
    for one in all {
      var settings = try settings(one.like, one.attack, one.norm)
      // A project without a budget of its own takes any.
      if one.epsilon == nil { settings.epsilon = ExactNumber("0.25") }
      let found = try settings.attack(channels: one.channels ?? 1)
      let radius = one.epsilon ?? 0.25
      #expect(one.attack == "ddn" || abs((found.epsilon ?? 0) - radius) < 1e-12, "\(one)")
      let parameters = found.parameters
      if let steps = one.steps { #expect(parameters["steps"]?.integer == steps, "\(one)") }
      if let start = one.start, one.attack == "pgd" { #expect(parameters["start"]?.string == start, "\(one)") }
      #expect(parameters["projection"]?.string == one.projection, "\(one)")
      #expect(parameters["direction"]?.string == one.direction, "\(one)")
      if let size = one.stepSize ?? one.share.map({ $0 * radius }) {
        #expect(abs((parameters["step_size"]?.number ?? 0) - size) < 1e-7, "\(one)")
      }
    }
  }

  @Test("Every attack that a convention has can be made, and the record has its budget")
  func complete() throws {
    var count = 0
    for convention in Convention.allCases {
      for kind in AttackCatalogue.all {
        for norm in kind.norms {
          var settings = try settings(convention.rawValue, kind.name, norm.rawValue)
          guard (try? settings.attack(channels: 3)) != nil || norm != .linf else { continue }
          settings.epsilon = ExactNumber("0.125")
          guard let attack = try? settings.attack(channels: 3) else { continue }
          #expect(attack.epsilon == 0.125 || kind.budget == .none)
          count += 1
        }
      }
    }
    // The rows of the packages, TRADES and Madry's once each, and AutoAttack's five under three norms.
    #expect(try count == ProjectDefaults.load().count - 2 + 15)
  }

  @Test("What is given stays")
  func given() throws {
    var settings = try settings("torchattacks", "pgd", "linf")
    settings.epsilon = ExactNumber("0.2")
    settings.values[.steps] = .integer(7)
    let text = try settings.attack(channels: 1).parameters.text
    #expect(text.hasPrefix(#"{"steps":7,"step_size":0.007843138,"start":"random""#))
    settings.stepSize = ExactNumber("0.03")
    settings.values[.start] = .text("clean")
    let other = try settings.attack(channels: 1)
    #expect(other.epsilon == 0.2 && other.parameters.text.hasPrefix(#"{"steps":7,"step_size":0.03,"start":"clean""#))
  }

  @Test("An attack that takes other steps there, or none, is refused with those that the project has")
  func refusals() throws {
    for (like, attack, norm) in [("advertorch", "fgsm", "l1"), ("trades", "fgsm", "linf"), ("art", "square", "linf")] {
      let failure = #expect(throws: Failure.self) {
        try settings(like, attack, norm).attack(channels: 1, names: .options)
      }
      #expect(failure?.kind == .usage)
      #expect(
        failure?.message.hasPrefix("--like \(like): has no \(attack) under \(norm) that takes these steps; it has ")
          == true)
    }
  }

  @Test("TRADES starts outside 0...1 too, and ends within")
  func unclipped() throws {
    try withModel { model in
      var settings = try settings("trades", "pgd", "linf")
      settings.epsilon = ExactNumber("0.4")
      settings.values[.steps] = .integer(1)
      settings.stepSize = ExactNumber("0.0001")
      var traced = try settings.attack(channels: 1)
      traced.isTraced = true
      var distances: [Float] = []
      let predictions = try Predictions(of: model, under: [traced], trace: { distances.append($0.distance) })
      try predictions.forEachImage(in: ImageSelection(digits().prefix(4), data: "digits")) { record, image in
        #expect(image.allSatisfy { (0...1).contains($0) } && record.failure == nil && record.distance <= 0.4)
      }
      // Black pixels start up to 0.4 below 0, where a clipped start would be nearer on the whole.
      #expect(distances.count == 8 && distances.allSatisfy { $0 > 0.3 })
    }
  }
}
