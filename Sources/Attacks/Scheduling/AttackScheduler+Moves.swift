import Networks
import Tensors

/// What becomes of an image between two batches.
extension AttackScheduler {
  /// Starts the next attack of the sequence on an image.
  func start(_ number: Int) {
    let slot = slots[number]
    guard let attack = sequence.runs[slot.attack] else { return conclude(number, with: slot.unharmed(nil)) }
    guard isInRange(slot.clean.contents) else { return conclude(number, with: slot.unharmed(.pixels)) }
    guard slot.begin(attack) else { return conclude(number, with: slot.unharmed(nil)) }
    go(number)
  }

  /// Does what the attempt wants next.
  func go(_ number: Int) {
    let slot = slots[number]
    slot.askedAt = batches
    switch slot.move {
    case .classify: classifying.append(number)
    case .differentiate: differentiating.append(number)
    // No forward pass is there to go back from.
    case .differentiateAgain: conclude(number, with: slot.unharmed(.gradient))
    case .done: check(number)
    case .unbroken: conclude(number, with: slot.unharmed(nil))
    case .failed(let failure): conclude(number, with: slot.unharmed(failure))
    }
  }

  /// Checks a result against the promise of every attack, and has it judged unless that has been done.
  private func check(_ number: Int) {
    let slot = slots[number]
    let verdict = slot.attempt?.verdict ?? []
    let budget = sequence.runs[slot.attack]?.budget
    if verdict.isEmpty { budget?.settle(slot.asked.pixels, around: slot.clean.contents) }
    let isSound =
      budget?.holds(for: slot.asked.contents, around: slot.clean.contents) ?? isInRange(slot.asked.contents)
    guard isSound else { return conclude(number, with: slot.unharmed(.bound)) }
    guard isJudging, verdict.isEmpty else {
      return conclude(number, with: slot.result(norm: norm(slot), logits: verdict))
    }
    slot.isFinal = true
    classifying.append(number)
  }

  /// How the attack under way measures distance.
  func norm(_ slot: Slot) -> Norm { sequence.runs[slot.attack]?.norm ?? .linf }

  /// Hands out what an attack came to and goes on to the next attack, or to the next image.
  func conclude(_ number: Int, with found: AttackResult) {
    let slot = slots[number]
    let goal = slot.subject.goal
    var result = found
    if sequence.isShared {
      for (place, attack) in sequence.attacks.enumerated() {
        finished.append(found.within(attack?.budget, else: slot.unharmed(nil), attack: place))
      }
      return free.append(number)
    }
    if sequence.reuses, let before = slot.before, goal.isLost(from: before.perturbedClass, to: found.perturbedClass) {
      result = before.repeated(for: slot.attack, steps: found.steps, cost: found.cost)
    }
    finished.append(result)
    let isDone = sequence.reuses && goal.isReached(by: result.perturbedClass)
    if isDone {
      for later in sequence.attacks.indices where later > slot.attack {
        finished.append(result.repeated(for: later, steps: 0, cost: AttackCost()))
      }
    }
    slot.advance(after: result)
    if isDone || slot.attack == sequence.runs.count { free.append(number) } else { start(number) }
  }
}
