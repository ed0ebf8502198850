import Spatial
import TestSupport
import Testing

@Suite("Poses")
struct PoseTests {
  @Test("draws are those of the independent implementation")
  func draws() throws {
    let drawn = try Reference.load().poses
    #expect(drawn.count == 125)
    for example in drawn { #expect(Reference.pose(example.index) == example.pose, "image \(example.index)") }
  }

  @Test("several poses of an image are those of the independent implementation, the first the one drawn alone")
  func several() throws {
    let several = try Reference.load().several
    #expect(several.count == 20 && Set(several.map(\.pose)).count == 20)
    let distribution = PoseDistribution(rotation: 30, translation: 3, cropPadding: 2, isFlipping: true)
    for (attempt, expected) in several.enumerated() {
      let pose = distribution.draw(
        seed: Reference.seed, epoch: Reference.epoch, image: expected.index, attempt: attempt)
      #expect(pose == expected.pose, "attempt \(attempt)")
    }
    let alone = distribution.draw(seed: Reference.seed, epoch: Reference.epoch, image: 17)
    #expect(alone == several[0].pose)
  }

  @Test("a larger budget turns and moves every image further the same way")
  func budgets() {
    for image in 0..<200 {
      let small = PoseDistribution(rotation: 15, translation: 2).draw(seed: 3, image: image)
      let large = PoseDistribution(rotation: 60, translation: 200).draw(seed: 3, image: image)
      #expect(large.degrees == 4 * small.degrees)
      #expect(abs(large.dx / 100 - small.dx) <= 0.505)
      #expect(abs(large.dy / 100 - small.dy) <= 0.505)
    }
  }

  @Test("what is drawn does not depend on what else is asked for")
  func independence() {
    for image in 0..<50 {
      let all = PoseDistribution(rotation: 20, translation: 3, cropPadding: 4, isFlipping: true)
      let pose = all.draw(seed: 9, epoch: 2, image: image)
      #expect(PoseDistribution(rotation: 20).draw(seed: 9, epoch: 2, image: image).degrees == pose.degrees)
      #expect(PoseDistribution(translation: 3).draw(seed: 9, epoch: 2, image: image).dy == pose.dy)
      #expect(PoseDistribution(cropPadding: 4).draw(seed: 9, epoch: 2, image: image).cropX == pose.cropX)
      #expect(PoseDistribution(isFlipping: true).draw(seed: 9, epoch: 2, image: image).isFlipped == pose.isFlipped)
    }
  }

  @Test("poses fill their budget and differ by image, epoch and seed")
  func spread() {
    let distribution = PoseDistribution(rotation: 30, translation: 1, cropPadding: 4, isFlipping: true)
    let poses = (0..<4000).map { distribution.draw(seed: 1, image: $0) }
    #expect(
      poses.allSatisfy { (-30..<30).contains($0.degrees) && (-1...1).contains($0.dx) && (-1...1).contains($0.dy) })
    #expect(abs(poses.reduce(0) { $0 + $1.degrees } / 4000) < 1)
    #expect(abs(poses.count { $0.dx == 0 } - 2000) < 130)
    #expect(abs(poses.count { $0.dy == 1 } - 1000) < 110)
    #expect(abs(poses.count(where: \.isFlipped) - 2000) < 130)
    #expect(Set(poses.map(\.cropX)) == Set(-4...4) && Set(poses.map(\.cropY)) == Set(-4...4))
    #expect(Set(poses.prefix(100).map(\.degrees)).count == 100)
    #expect(distribution.draw(seed: 1, epoch: 1, image: 0) != poses[0])
    #expect(distribution.draw(seed: 2, image: 0) != poses[0])
  }

  @Test("an exact rotation is the same for every image, and an empty distribution changes none")
  func exact() {
    let exact = PoseDistribution(rotation: -45, isRotationExact: true)
    #expect((0..<20).allSatisfy { exact.draw(seed: 0, image: $0) == Pose(degrees: -45) })
    #expect(PoseDistribution().isIdentity && PoseDistribution().draw(seed: 0, image: 1) == .identity)
    #expect(!PoseDistribution(isFlipping: true).isIdentity && !exact.isIdentity)
  }
}
