import Failures
import Foundation
import ImageFiles
import Pictures
import Plots
import Symmetry
import Tensors
import TestSupport
import Testing

/// Filters of first layers as pictures.
@Suite struct FilterTests {
  private struct Case: Decodable {
    let shape: [Int]
    let group: String?
    let weights: [Float]
    let orbits: [[String]]
  }

  @Test("Pictures are those of NumPy to the last bit, in all positions of p4 and p4m")
  func reference() throws {
    let cases = try JSONDecoder().decode([Case].self, from: Fixture.data("reports/filters.json"))
    #expect(cases.count == 4)
    for one in cases {
      let group = one.group.flatMap(SymmetryGroup.init(rawValue:))
      let filters = try FirstFilters(one.weights, shape: Shape(one.shape), name: "w", group: group)
      let found = filters.orbits.map { orbit in
        orbit.map { image in image.pixels.map { String(format: "%02x", $0) }.joined() }
      }
      #expect(found == one.orbits)
      let sheet = filters.sheet()
      #expect(sheet.groups.map(\.heading) == ["0", "1", "2", "3"])
      #expect(sheet.groups.allSatisfy { $0.pictures.count == group?.order ?? 1 })
      // They have room in a column of a paper, also eight beside each other.
      #expect(try sheet.svg(theme: .paper).width == 240)
      #expect(sheet.caption.hasPrefix("w: 4 filters\(group.map { ", each moved by the \($0.order) " } ?? ".")"))
    }
  }

  @Test("Weights of zero are grey, and of very many filters the first are shown")
  func edges() throws {
    let grey = try FirstFilters([Float](repeating: 0, count: 600 * 9), shape: [600, 1, 3, 3], name: "w")
    #expect(grey.orbits.count == FirstFilters.most && grey.orbits[0][0].pixels == [UInt8](repeating: 128, count: 9))
    #expect(grey.sheet().caption.hasPrefix("w: the first 512 of 600 filters. Grey is zero"))
    let wide = try FirstFilters([-1, 0, 1, 0.5, 0, 1], shape: [1, 1, 2, 3], name: "w")
    #expect(wide.orbits[0][0].pixels == [0, 128, 255, 191, 128, 255])
  }

  @Test(
    "What cannot be shown is refused",
    arguments: [
      ([1, 2, 3, 3], nil, "w: has the shape 1x2x3x3; filters of images of 1 or 3 channels can be shown"),
      ([1, 3, 3], nil, "w: has the shape 1x3x3"),
      ([1, 1, 2, 3], .p4, "w: has the shape 1x1x2x3; filters over a group are"),
    ] as [([Int], SymmetryGroup?, String)])
  func refusals(shape: [Int], group: SymmetryGroup?, message: String) {
    let weights = [Float](repeating: 1, count: shape.reduce(1, *))
    let failure = #expect(throws: Failure.self) {
      try FirstFilters(weights, shape: Shape(shape), name: "w", group: group)
    }
    #expect(failure?.kind == .data && failure?.message.hasPrefix(message) == true)
  }

  @Test("A weight that is no number is refused")
  func notFinite() {
    let failure = #expect(throws: Failure.self) { try FirstFilters([.nan], shape: [1, 1, 1, 1], name: "w") }
    #expect(failure?.message == "w: holds what is no finite number; cusp-inspect --verify tells more")
  }
}
