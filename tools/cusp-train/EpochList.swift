import Failures

/// Epochs as typed, `5,10`, each 1 or more, or `none`.
struct EpochList {
  let epochs: [Int]

  @Sendable static func typed(_ text: String) throws -> EpochList {
    if text == "none" { return EpochList(epochs: []) }
    let epochs = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard epochs.allSatisfy({ $0.map { $0 >= 1 } ?? false }) else {
      throw Failure(.usage, "give epochs of 1 or more, as in 5,10, or none")
    }
    return EpochList(epochs: epochs.compactMap { $0 })
  }
}
