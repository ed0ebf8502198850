/// Puts results that come in any order into the order of their places: `perPlace` for each place, then the next place's.
struct PlaceOrder<Result> {
  private let perPlace: Int
  private var waiting: [Int: [Result]] = [:]
  /// How many places are done.
  private(set) var done = 0

  init(perPlace: Int) { self.perPlace = perPlace }

  /// Takes in the next result of `place`; the results whose turn it is go to `body`.
  mutating func add(_ result: Result, at place: Int, _ body: (Result) throws -> Void) rethrows {
    waiting[place, default: []].append(result)
    while waiting[done]?.count == perPlace, let results = waiting.removeValue(forKey: done) {
      for result in results { try body(result) }
      done += 1
    }
  }
}
