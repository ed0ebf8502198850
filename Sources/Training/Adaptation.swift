/// What ends a stage before the next one was to begin: what the model comes to on images held out, measured after every epoch.
public struct StageEnd: Hashable, Sendable {
  /// The accuracy, in 0...1, that ends it once it is reached; nil for none.
  public var accuracy: Float?
  /// After how many epochs without a better accuracy it ends; nil for any number.
  public var patience: Int?

  /// An end by either.
  public init(accuracy: Float? = nil, patience: Int? = nil) { (self.accuracy, self.patience) = (accuracy, patience) }

  /// The epoch of the stage, counted from 0, after which it ends, given what epochs came to; nil where none is the last.
  func epoch(in accuracies: some Sequence<Double>) -> Int? {
    var (best, stalled) = (-1.0, 0)
    for (epoch, found) in accuracies.enumerated() {
      stalled = found > best ? 0 : stalled + 1
      best = max(best, found)
      if let accuracy, found >= Double(accuracy) { return epoch }
      if let patience, stalled >= patience { return epoch }
    }
    return nil
  }
}

extension TrainingConfiguration {
  /// Whether what is measured decides when stages end.
  var isAdaptive: Bool { stages.contains { $0.end != nil } }

  /// The configuration with stages where they begin after epochs that came to `accuracies` on images held out: where one ends
  /// early, those after it begin as much earlier, and the last one has the epochs that are saved.
  func adapted(to accuracies: [Double]) -> TrainingConfiguration {
    var adapted = self
    for place in stages.indices.dropLast() {
      let (start, next) = (adapted.stages[place].start, adapted.stages[place + 1].start)
      guard let end = stages[place].end,
        let last = end.epoch(in: accuracies.dropFirst(start).prefix(next - start - 1))
      else { continue }
      for later in adapted.stages.indices[(place + 1)...] { adapted.stages[later].start -= next - start - last - 1 }
    }
    return adapted
  }
}
