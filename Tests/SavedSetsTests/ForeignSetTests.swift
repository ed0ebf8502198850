import Attacks
import Failures
import Foundation
import Records
import SavedSets
import TestSupport
import Testing

/// Sets of other programs, beside what PyTorch makes of them.
@Suite("Sets of other programs")
struct ForeignSetTests {
  private struct Expected: Decodable {
    let count, naturally_correct, correct, fooled: Int
    let norm: String
    let distance, epsilon: Double
  }

  private func expected() throws -> [String: Expected] {
    try JSONDecoder().decode([String: Expected].self, from: Fixture.data("saved-sets/expected.json"))
  }

  @Test(
    "Counts and distances are those of PyTorch, in every layout, type and container",
    arguments: [
      "linf.pt", "bytes.pt", "l2.pt", "flat.npy", "plain.npy", "levels.npy", "fortran.npy", "last.npz", "some.npz",
    ])
  func facts(name: String) throws {
    let expected = try #require(try expected()[name])
    let norm = try #require(Norm(rawValue: expected.norm))
    let record = try verify(
      Fixture.path("saved-sets/\(name)"), norm, epsilon: expected.epsilon, range: name == "levels.npy" ? 255 : nil)
    #expect(record.tally.count == expected.count && record.tally.naturallyCorrect == expected.naturally_correct)
    #expect(record.tally.correct == expected.correct && record.tally.fooled == expected.fooled)
    #expect(abs(Double(record.distance ?? 9) - expected.distance) < 1e-7)
    #expect(record.holds && record.offenders.isEmpty, "\(record.offenders)")
    #expect(record.range == (["bytes.pt", "levels.npy"].contains(name) ? 255 : 1))
    #expect((record.breaches.label == nil) == name.hasSuffix(".npy"))
    #expect((record.breaches.order == nil) == (name != "some.npz"))
    let smaller = try verify(
      Fixture.path("saved-sets/\(name)"), norm, epsilon: expected.epsilon * 0.999,
      range: name == "levels.npy" ? 255 : nil)
    #expect(!smaller.holds && smaller.breaches.ball > 0 && smaller.tally == record.tally)
    let forgiven = try verify(
      Fixture.path("saved-sets/\(name)"), norm, epsilon: expected.epsilon * 0.999, tolerance: 0.001,
      range: name == "levels.npy" ? 255 : nil)
    #expect(forgiven.holds)
  }

  @Test(
    "What a file leaves open is asked for, and what does not fit is refused",
    arguments: [
      ("levels.npy", nil, 1, nil), ("bytes.pt", nil, 1, "--range 1: FILE holds bytes, which are 0...255; leave it out"),
      ("linf.pt", "x", nil, "--images x: FILE has no such array; it has adv_inputs, labels"),
      ("linf.pt", "labels", 255, "FILE: labels: has the shape 60; the model takes images [1x8x8]"),
      ("linf.pt", "labels", nil, "FILE: labels: elements of kind int64; say what white is by --range"),
      (
        "network.safetensors", nil, nil,
        "FILE: which array holds the images? name one by --images; it has conv.bias, conv.weight, fc.bias, fc.weight"
      ),
    ] as [(String, String?, Int?, String?)])
  func open(name: String, images: String?, range: Int?, message: String?) throws {
    let path = Fixture.path("saved-sets/\(name)")
    guard let message else {
      #expect(try verify(path, epsilon: 0.2, range: range, images: images).breaches.range == 20)
      return
    }
    let failure = #expect(throws: Failure.self) { try verify(path, epsilon: 0.2, range: range, images: images) }
    #expect(failure?.message.replacingOccurrences(of: path, with: "FILE") == message)
  }
}
