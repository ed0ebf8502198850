public import ArgumentParser
import Failures
import Training

extension Validation.Metric: ExpressibleByArgument {}

/// How many images are held out as typed, `5000` or `0.1`.
enum HeldOutImages {
  case count(Int)
  case share(Double)

  @Sendable static func typed(_ text: String) throws -> HeldOutImages {
    if let count = Int(text), count >= 1 { return .count(count) }
    if let share = Double(text), share > 0, share < 1 { return .share(share) }
    throw Failure(.usage, "give a number of images, as in 5000, or a share of them, as in 0.1")
  }

  /// How many of `total` images, at least 1.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .share(let share): max(1, Int((share * Double(total)).rounded()))
    }
  }
}
