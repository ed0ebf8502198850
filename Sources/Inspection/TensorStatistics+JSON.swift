public import Records

extension TensorStatistics {
  /// The numbers as records have them; `null` for what cannot be told.
  public var json: JSON {
    func number(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }
    func count(_ value: Int) -> JSON { .integer(Int64(value)) }
    return .object([
      .init("mean", number(mean)), .init("deviation", number(deviation)), .init("minimum", number(minimum)),
      .init("maximum", number(maximum)), .init("zeros", count(zeros)), .init("nans", count(nans)),
      .init("infinities", count(infinities)), .init("histogram", .array(histogram.map(count))),
    ])
  }
}
