/// Lines that travel in the page, as many as have room.
package struct KeptLines: Sendable {
  /// How many bytes of predictions are kept, and of all other records.
  package static let room = (predictions: 160 << 10, others: 96 << 10)

  package private(set) var bytes: [UInt8] = []
  package private(set) var count = 0
  package private(set) var leftOut = (predictions: 0, others: 0)
  private var left = room

  /// No line.
  package init() {}

  /// Whether a line of predictions, or of other records, may still have room.
  package func hasRoom(forPrediction isPrediction: Bool) -> Bool { (isPrediction ? left.predictions : left.others) > 0 }

  /// Counts a line that nobody needs to hand over, as there is no room.
  package mutating func leaveOut(isPrediction: Bool) {
    if isPrediction { leftOut.predictions += 1 } else { leftOut.others += 1 }
  }

  /// Keeps `line`, without its end; the first that does not fit ends its kind, so that what is kept is a beginning.
  package mutating func add(_ line: [UInt8], isPrediction: Bool) {
    let room = isPrediction ? left.predictions : left.others
    guard line.count < room else {
      if isPrediction { left.predictions = 0 } else { left.others = 0 }
      return leaveOut(isPrediction: isPrediction)
    }
    if isPrediction { left.predictions -= line.count + 1 } else { left.others -= line.count + 1 }
    bytes += line
    bytes.append(0x0A)
    count += 1
  }
}
