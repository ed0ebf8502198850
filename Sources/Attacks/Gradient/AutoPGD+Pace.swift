extension AutoPGDRun {
  /// How far a stage has come: its step size and checkpoints.
  struct Pace {
    private let settings: AutoPGD
    private let radius: Float
    private let stepCount: Int
    private let pixelCount: Int

    /// The step's length.
    private(set) var size: Float
    /// Steps taken.
    private(set) var taken = 0
    /// The highest loss.
    private(set) var bestLoss: Float = 0

    /// Steps from checkpoint to checkpoint, and since the last one.
    private var window: Int
    private var since = 0
    private var checks = 0
    /// How often the loss has risen in this window, what it was last, and what it was after the first step.
    private var rises = 0
    private var lastLoss: Float = 0
    private var firstLoss: Float = 0
    private var hasHalved = true
    private var bestLossAtCheck: Float = 0
    /// Under L1: how many pixels of the best point differed at the last checkpoint, and the share of slopes that count.
    private var changed: Float
    private var share: Float

    init(_ settings: AutoPGD, stage: Int, pixelCount: Int) {
      (self.settings, self.pixelCount) = (settings, pixelCount)
      (radius, stepCount) = settings.stages[stage]
      let isSparse = settings.norm == .l1
      size = isSparse ? radius : 2 * radius
      window = max(Int((isSparse ? 0.04 : 0.22) * Double(stepCount)), 1)
      changed = Float(pixelCount)
      share = 0.2
    }

    var isOver: Bool { taken == stepCount }

    /// Under L1: the place, among all slopes from the smallest, of the smallest that counts.
    var place: Int { Int(min(max((1 - share) * Float(pixelCount), 0), Float(pixelCount - 1))) }

    /// Begins at a point of `loss`; where the stage goes on from an earlier one, `changed` of its pixels differ.
    mutating func begin(_ loss: Float, changed: Int? = nil) {
      (bestLoss, bestLossAtCheck) = (loss, loss)
      guard let changed else { return }
      self.changed = Float(changed)
      share = Float(changed) / Float(pixelCount) / 1.5
    }

    /// Takes in the loss after a step, and says whether the run goes on from its best point.
    mutating func take(_ loss: Float, changed: () -> Int) -> Bool {
      taken += 1
      since += 1
      if taken == 1 { firstLoss = loss } else if loss > lastLoss { rises += 1 }
      lastLoss = loss
      bestLoss = max(bestLoss, loss)
      guard since == window else { return false }
      since = 0
      checks += 1
      return settings.norm == .l1 ? checkSparsity(changed()) : checkProgress()
    }

    private mutating func checkProgress() -> Bool {
      // AutoAttack compares the first loss with the last row of a table: zero until the last step fills it.
      if checks == 1, firstLoss > (taken == stepCount ? lastLoss : 0) { rises += 1 }
      let isStuck = !hasHalved && bestLossAtCheck >= bestLoss
      hasHalved = Double(rises) <= 0.75 * Double(window) || isStuck
      bestLossAtCheck = bestLoss
      if hasHalved { size /= 2 }
      rises = 0
      window = max(window - max(Int(0.03 * Double(stepCount)), 1), max(Int(0.06 * Double(stepCount)), 1))
      return hasHalved
    }

    private mutating func checkSparsity(_ now: Int) -> Bool {
      let isSparser = Float(now) / changed < 0.95
      share = Float(now) / Float(pixelCount) / 1.5
      changed = Float(now)
      size = min(max(isSparser ? radius : size / 1.5, radius / 10), radius)
      return isSparser
    }
  }
}
