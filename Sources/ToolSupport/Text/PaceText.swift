/// How far a task of many equal parts is, how fast it goes and how long it still takes, for people.
public enum PaceText {
  /// As in `1200 images, 56.2 images/s, 0:42 left` for `done` of `count` images after so many seconds; the number alone as
  /// long as there is no pace.
  public static func text(_ done: Int, of count: Int, _ noun: String, seconds: Double) -> String {
    let number = NumberText.count(done, noun)
    guard done > 0, seconds > 0, seconds.isFinite else { return number }
    let pace = Double(done) / seconds
    let left = NumberText.duration(seconds: Double(max(count - done, 0)) / pace)
    return "\(number), \(NumberText.decimal(pace, places: pace < 100 ? 1 : 0)) \(noun)s/s, \(left) left"
  }
}
