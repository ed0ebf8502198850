import Networks
import Tensors

/// What becomes of an image between two batches.
extension AttackScheduler {
  /// Starts the next attack of the sequence on an image.
  func start(_ number: Int) {
    let berth = berths[number]
    guard let attack = sequence.attacks[berth.attack] else { return conclude(number, with: berth.unharmed(nil)) }
    guard isInRange(berth.clean.contents) else { return conclude(number, with: berth.unharmed(.pixels)) }
    guard berth.begin(attack) else { return conclude(number, with: berth.unharmed(nil)) }
    go(number)
  }

  /// Does what the attempt wants next.
  func go(_ number: Int) {
    let berth = berths[number]
    berth.askedAt = batches
    switch berth.move {
    case .classify: classifying.append(number)
    case .differentiate: differentiating.append(number)
    // No forward pass is there to go back from.
    case .differentiateAgain: conclude(number, with: berth.unharmed(.gradient))
    case .done: check(number)
    case .unbroken: conclude(number, with: berth.unharmed(nil))
    case .failed(let failure): conclude(number, with: berth.unharmed(failure))
    }
  }

  /// Checks a result against the promise of every attack, and has it judged unless that has been done.
  private func check(_ number: Int) {
    let berth = berths[number]
    let verdict = berth.attempt?.verdict ?? []
    let budget = sequence.attacks[berth.attack]?.budget
    if verdict.isEmpty { budget?.settle(berth.asked.pixels, around: berth.clean.contents) }
    let isSound =
      budget?.holds(for: berth.asked.contents, around: berth.clean.contents) ?? isInRange(berth.asked.contents)
    guard isSound else { return conclude(number, with: berth.unharmed(.bound)) }
    guard isJudging, verdict.isEmpty else {
      return conclude(number, with: berth.result(norm: norm(berth), logits: verdict))
    }
    berth.isFinal = true
    classifying.append(number)
  }

  /// How the attack under way measures distance.
  func norm(_ berth: Berth) -> Norm { sequence.attacks[berth.attack]?.norm ?? .linf }

  /// Hands out what an attack came to and goes on to the next attack, or to the next image.
  func conclude(_ number: Int, with found: AttackResult) {
    let berth = berths[number]
    let goal = berth.subject.goal
    var result = found
    if sequence.reuses, let before = berth.before, goal.isLost(from: before.perturbedClass, to: found.perturbedClass) {
      result = before.repeated(for: berth.attack, steps: found.steps, cost: found.cost)
    }
    finished.append(result)
    let isDone = sequence.reuses && goal.isReached(by: result.perturbedClass)
    if isDone {
      for later in sequence.attacks.indices where later > berth.attack {
        finished.append(result.repeated(for: later, steps: 0, cost: AttackCost()))
      }
    }
    berth.advance(after: result)
    if isDone || berth.attack == sequence.attacks.count { free.append(number) } else { start(number) }
  }
}
