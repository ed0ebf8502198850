import ArgumentParser
import Networks

/// Means and standard deviations as typed: `0.49,0.48,0.45/0.20,0.20,0.20`.
struct Normalisation: ExpressibleByArgument {
  let preprocessing: Preprocessing

  init?(argument: String) {
    let halves = argument.split(separator: "/", omittingEmptySubsequences: false).map { half in
      half.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    }
    guard halves.count == 2, halves[0].count == halves[1].count, !halves.joined().contains(nil) else { return nil }
    preprocessing = Preprocessing(mean: halves[0].compactMap { $0 }, standardDeviation: halves[1].compactMap { $0 })
  }
}
