import Attacks
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// An image looked up by a flow, by PyTorch: one case of `fixtures/attacks/flow.json`.
struct FlowCase: Decodable, Sendable, CustomTestStringConvertible {
  let shape: [Int]
  let image, flow: [Float]
  /// The gradient with respect to the image looked up, and the flow's from it.
  let slope, pulled: [Float]
  let warped: [Float]
  let variation: Double
  let variationSlope: [Float]

  var testDescription: String { "\(shape)" }
  var field: FlowField { FlowField(shape: Shape(shape)) }

  private struct File: Decodable { let cases: [FlowCase] }

  static let all: [FlowCase] = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try? decoder.decode(File.self, from: Fixture.data("attacks/flow.json")))?.cases ?? []
  }()

  func warp(_ image: [Float], by flow: [Float]) -> [Float] {
    var result = [Float](repeating: .nan, count: image.count)
    image.withUnsafeBufferPointer { image in
      flow.withUnsafeBufferPointer { flow in
        result.withUnsafeMutableBufferPointer { field.warp(image, by: flow, into: $0) }
      }
    }
    return result
  }

  func pullBack(_ slope: [Float], by flow: [Float]) -> [Float] {
    var result = [Float](repeating: .nan, count: flow.count)
    slope.withUnsafeBufferPointer { slope in
      image.withUnsafeBufferPointer { image in
        flow.withUnsafeBufferPointer { flow in
          result.withUnsafeMutableBufferPointer { field.pullBack(slope, of: image, by: flow, into: $0) }
        }
      }
    }
    return result
  }

  /// The variation, and what it adds to a gradient of `start` everywhere.
  func variation(weight: Float, start: Float = 0) -> (Double, [Float]) {
    var gradient = [Float](repeating: start, count: flow.count)
    let value = flow.withUnsafeBufferPointer { flow in
      gradient.withUnsafeMutableBufferPointer { field.variation(of: flow, weight: weight, addingTo: $0) }
    }
    return (value, gradient)
  }
}

private func largestDifference(_ one: [Float], _ other: [Float]) -> Float {
  one.count == other.count ? zip(one, other).map { abs($0 - $1) }.max() ?? .nan : .nan
}

@Suite("Images looked up by flows")
struct FlowFieldTests {
  @Test("are PyTorch's, and so are the gradients", arguments: FlowCase.all)
  func reference(_ expected: FlowCase) {
    #expect(largestDifference(expected.warp(expected.image, by: expected.flow), expected.warped) < 2e-6)
    #expect(largestDifference(expected.pullBack(expected.slope, by: expected.flow), expected.pulled) < 2e-6)
    let (value, gradient) = expected.variation(weight: 1)
    #expect(abs(value - expected.variation) < 1e-5 * expected.variation)
    #expect(largestDifference(gradient, expected.variationSlope) < 1e-5)
    let (_, added) = expected.variation(weight: 0.5, start: 3)
    #expect(zip(added, expected.variationSlope).allSatisfy { abs($0 - 3 - 0.5 * $1) < 1e-5 })
  }

  @Test("the fixture holds its cases, some looked up outside")
  func fixture() {
    #expect(FlowCase.all.count == 6)
    let outside = FlowCase.all.count { $0.pulled.contains(0) }
    #expect(outside >= 4)
  }

  @Test("without a flow are the image, bit for bit, and nothing varies", arguments: FlowCase.all)
  func still(_ reference: FlowCase) {
    let flow = [Float](repeating: 0, count: reference.flow.count)
    let image = reference.image.enumerated().map { $0.offset == 1 ? 1 : $0.offset == 2 ? 0 : $0.element }
    #expect(reference.warp(image, by: flow) == image)
    let slopes = reference.pullBack(reference.slope, by: flow)
    #expect(slopes.contains { $0 != 0 })
  }

  @Test("by whole pixels are moved, the outermost repeated")
  func wholePixels() throws {
    let reference = try #require(FlowCase.all.first { $0.shape == [3, 5, 5] })
    let flow = (0..<50).map { Float($0 < 25 ? 2 : -1) }
    let moved = reference.warp(reference.image, by: flow)
    for (place, value) in moved.enumerated() {
      let (channel, row, column) = (place / 25, place / 5 % 5, place % 5)
      #expect(value == reference.image[channel * 25 + max(row - 1, 0) * 5 + min(column + 2, 4)])
    }
  }

  @Test("never leave the range of their image", arguments: [0, 1, 1 - Float.ulpOfOne / 2] as [Float])
  func range(level: Float) throws {
    for reference in FlowCase.all {
      let image = [Float](repeating: level, count: reference.image.count)
      #expect(reference.warp(image, by: reference.flow) == image)
    }
  }
}
