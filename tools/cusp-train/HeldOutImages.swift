public import ArgumentParser
import Training

extension Validation.Metric: ExpressibleByArgument {}

/// How many images are held out as typed, `5000` or `0.1`.
enum HeldOutImages: ExpressibleByArgument {
  case count(Int)
  case share(Double)

  init?(argument: String) {
    if let count = Int(argument), count >= 1 {
      self = .count(count)
    } else if let share = Double(argument), share > 0, share < 1 {
      self = .share(share)
    } else {
      return nil
    }
  }

  /// How many of `total` images, at least 1.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .share(let share): max(1, Int((share * Double(total)).rounded()))
    }
  }
}
