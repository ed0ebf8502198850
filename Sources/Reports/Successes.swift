package import Records

/// A prediction of an image whose class changed.
package struct Success: Equatable, Sendable {
  package var index: Int
  package var label: Int
  package var natural: Int
  package var perturbed: Int
  package var distance: Float
  package var pose: PredictionRecord.Pose

  package init(_ record: PredictionRecord) {
    (index, label, natural, perturbed) = (record.index, record.label, record.natural, record.perturbed)
    (distance, pose) = (record.distance, record.pose)
  }

  /// The order of galleries: by distance, and where that is the same, as of images that were only turned, by the pose.
  func isNearer(than other: Success) -> Bool { rank < other.rank }

  private var rank: (Double, Double, Double, Int) {
    (Double(distance), abs(pose.degrees), abs(pose.dx) + abs(pose.dy), index)
  }
}

/// The successes of one setting that are nearest to their clean images and farthest from them; keeps no others.
package struct Successes: Sendable {
  /// How many are kept of each.
  package static let most = 10

  package private(set) var nearest: [Success] = []
  private var far: [Success] = []

  /// None so far.
  package init() {}

  /// From the farthest on; none that is among the nearest.
  package var farthest: [Success] { far.reversed().filter { !nearest.contains($0) } }

  /// Takes in a success; each image comes once.
  package mutating func add(_ success: Success) {
    if Self.insert(success, into: &nearest) { nearest.removeLast() }
    if Self.insert(success, into: &far) { far.removeFirst() }
  }

  /// Inserts `success` into a list that rises; whether that has become too long.
  private static func insert(_ success: Success, into list: inout [Success]) -> Bool {
    let place = list.firstIndex { success.isNearer(than: $0) } ?? list.count
    list.insert(success, at: place)
    return list.count > most
  }
}
