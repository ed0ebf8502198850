import Networks
import Tensors

/// The gradient's batch: who gets a slot, what a step does, who leaves.
extension AttackSweep {
  /// Gives free slots to the images that wait for one.
  func fillSlots() {
    for slot in slots.indices where slots[slot] == nil {
      // Without steps an image is at its end where it starts.
      while slots[slot] == nil, let berth = ready.popLast() { enter(slot, berth) }
    }
  }

  private func enter(_ slot: Int, _ berth: Int) {
    guard let attempt = berths[berth] else { return }
    let attack = attacks[attempt.attack]
    slots[slot] = berth
    losses.set(slot, label: attempt.goal.label, reference: attempt.reference)
    if attempt.denied != nil {
      perturbed.copyImage(slot, size: imageSize, from: held, row: berth)
      return
    }
    perturbed.copyImage(slot, size: imageSize, from: clean, row: berth)
    if attack.start != .clean {
      var generator = Generator(
        seed: attack.seed, purpose: .attackStart, image: attempt.image, restart: attempt.restart)
      clean.withImage(berth, size: imageSize) { clean in
        perturbed.withMutableImage(slot, size: imageSize) {
          attack.start($0, around: clean, using: &generator)
        }
      }
    }
    if attack.steps == 0 { leave(slot, berth) }
  }

  /// One step of every image in a slot.
  func step() throws {
    try model.evaluate(perturbed, loss: losses.loss, into: &gradient, logits: &logits)
    for slot in slots.indices {
      guard let berth = slots[slot], let attempt = berths[berth] else { continue }
      if !gradient.withImage(slot, size: imageSize, isFinite) {
        slots[slot] = nil
        giveUp(berth, .gradient)
      } else if stopsEarly, attempt.denied != attempt.step,
        attempt.goal.isReached(by: predictedClass(row: slot, logits: logits))
      {
        leave(slot, berth)
      } else {
        if attempt.restart == 0, attempt.step == 0 {
          berths[berth]?.hadZeroGradient = gradient.withImage(slot, size: imageSize, isZero)
        }
        ascend(slot, berth, attacks[attempt.attack])
        berths[berth]?.step += 1
        berths[berth]?.steps += 1
        if attempt.step + 1 == attacks[attempt.attack].steps { leave(slot, berth) }
      }
    }
  }

  private func ascend(_ slot: Int, _ berth: Int, _ attack: ProjectedGradientDescent) {
    clean.withImage(berth, size: imageSize) { clean in
      gradient.withImage(slot, size: imageSize) { gradient in
        perturbed.withMutableImage(slot, size: imageSize) { image in
          attack.step(image, around: clean, along: gradient)
        }
      }
    }
  }

  /// Frees the slot; the image waits for the classifier.
  private func leave(_ slot: Int, _ berth: Int) {
    held.copyImage(berth, size: imageSize, from: perturbed, row: slot)
    slots[slot] = nil
    pending.append(berth)
  }
}
