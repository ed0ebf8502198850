import Failures
import Networks

/// Means and standard deviations as typed: `0.49,0.48,0.45/0.20,0.20,0.20`.
struct Normalisation {
  let preprocessing: Preprocessing

  @Sendable static func typed(_ text: String) throws -> Normalisation {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false).map { half in
      half.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    }
    guard halves.count == 2, halves[0].count == halves[1].count, !halves.joined().contains(nil) else {
      throw Failure(
        .usage, "give the means of all channels, a slash and the deviations, as in 0.49,0.48,0.45/0.20,0.20,0.20")
    }
    return Normalisation(
      preprocessing: Preprocessing(
        mean: halves[0].compactMap { $0 }, standardDeviation: halves[1].compactMap { $0 }))
  }
}
