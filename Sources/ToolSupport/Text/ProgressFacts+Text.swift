public import Records

extension ProgressFacts {
  /// How far a task of `count` images, `earlier` of them done before it began, is after so many seconds, how fast it goes and
  /// how long it still takes; the number alone as long as there is no pace.
  public init(images done: Int, of count: Int, earlier: Int = 0, seconds: Double, accuracy: Double? = nil) {
    self.init(images: done, accuracy: accuracy)
    guard done > earlier, seconds > 0, seconds.isFinite else { return }
    let pace = Double(done - earlier) / seconds
    (imagesPerSecond, secondsLeft) = (pace, Double(max(count - done, 0)) / pace)
  }

  /// For people, as in `1200 images, 56.2 images/s, 0:42 left, accuracy 97.5 %`; of an epoch what it measures comes first.
  public var text: String {
    let counted = [
      file, images.map { NumberText.count($0, "image") }, bytes.map { "\(NumberText.grouped($0 / 1000)) kB" },
    ]
    let pace = [
      imagesPerSecond.map { "\(NumberText.decimal($0, places: $0 < 100 ? 1 : 0)) images/s" },
      secondsLeft.map { "\(NumberText.duration(seconds: $0)) left" },
    ]
    let measured = [
      loss.map { "loss \(NumberText.decimal($0, places: 4))" }, accuracy.map { "accuracy \(NumberText.percent($0))" },
    ]
    let parts = loss == nil ? counted + pace + measured : measured + pace
    return parts.compactMap(\.self).joined(separator: ", ")
  }
}
