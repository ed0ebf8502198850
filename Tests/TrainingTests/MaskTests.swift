import Networks
import Programs
import Tensors
import Testing
import Training

@Suite("Dropout's random masks")
struct MaskTests {
  /// The masks of the dropouts' network for `images`: one of `[n, 8, 6, 5]` by channels, one of `[n, 32]`.
  private func masks(_ images: [Int], seed: UInt64 = 3, epoch: Int = 1) throws -> [Tensor] {
    let graph = try dropoutGraph()
    let program = try TrainingProgram(
      graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: images.count,
      on: try TestBackend.all[0].make())
    var masks = DropoutMasks(program)
    masks.draw(seed: seed, epoch: epoch, images: images)
    return masks.tensors
  }

  @Test("An image's mask does not depend on its batch")
  func independence() throws {
    let together = try masks([7, 2, 9])
    let others = try masks([9, 100, 7, 7])
    for (mask, other) in zip(together, others) {
      #expect(mask[rows: 0..<1] == other[rows: 2..<3])
      #expect(mask[rows: 0..<1] == other[rows: 3..<4])
      #expect(mask[rows: 2..<3] == other[rows: 0..<1])
    }
    #expect(try masks([7, 2, 9]) == together)
  }

  @Test("Seed, epoch, image and layer each give another mask")
  func keys() throws {
    let images = Array(0..<8)
    let mask = try masks(images)
    #expect(mask.map(\.shape) == [[8, 8, 6, 5], [8, 32]])
    for other in [try masks(images, seed: 4), try masks(images, epoch: 2), try masks(images.map { $0 + 8 })] {
      #expect(zip(mask, other).allSatisfy { $0 != $1 })
    }
    // The first channels of the first dropout and the first features of the second are drawn from other streams.
    let channels = (0..<64).map { mask[0].values[$0 * 30] > 0 }
    let features = (0..<64).map { mask[1].values[$0 / 8 * 32 + $0 % 8] > 0 }
    #expect(channels != features)
  }

  @Test("Redrawing forgets the masks before")
  func redrawing() throws {
    let graph = try dropoutGraph()
    let program = try TrainingProgram(
      graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: 4, on: try TestBackend.all[0].make())
    var masks = DropoutMasks(program)
    for epoch in 0..<3 { masks.draw(seed: 3, epoch: epoch, images: [5, 6, 7, 8]) }
    masks.draw(seed: 3, epoch: 1, images: [5, 6, 7, 8])
    #expect(try self.masks([5, 6, 7, 8]) == masks.tensors)
  }

  @Test("What is kept is scaled by what is dropped, in the right share, whole channels together")
  func shares() throws {
    let mask = try masks(Array(0..<512))
    for (tensor, rate) in zip(mask, [0.25, 0.5]) {
      #expect(Set(tensor.values) == [0, Float(1 / (1 - rate))])
    }
    let channels = stride(from: 0, to: mask[0].values.count, by: 30).map { Array(mask[0].values[$0..<$0 + 30]) }
    #expect(channels.allSatisfy { Set($0).count == 1 })
    // Four standard deviations of a binomial share.
    expectShare(channels.count { $0[0] > 0 }, of: channels.count, 0.75)
    expectShare(mask[1].values.count { $0 > 0 }, of: mask[1].values.count, 0.5)
  }

  private func expectShare(_ kept: Int, of count: Int, _ share: Double) {
    let deviation = (share * (1 - share) / Double(count)).squareRoot()
    #expect(abs(Double(kept) / Double(count) - share) < 4 * deviation)
  }

  @Test("Training draws them so, for every image and epoch")
  func training() throws {
    let graph = try dropoutGraph()
    let spy = SpyBackend(try TestBackend.all[0].make())
    let data = try noise(10, for: graph)
    _ = try run(recipe(batchSize: 4, seed: 5), graph, data, on: spy)
    let steps = spy.steps
    #expect(steps.count == 4)
    for epoch in 0..<2 {
      var generator = Generator(seed: 5, purpose: .shuffle, epoch: epoch)
      let order = generator.permutation(count: 10)
      for batch in 0..<2 {
        #expect(
          steps[epoch * 2 + batch].masks == (try masks(Array(order[batch * 4..<batch * 4 + 4]), seed: 5, epoch: epoch)))
      }
    }
  }
}
