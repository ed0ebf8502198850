import Plots
import TestSupport
import Testing

/// What holds of ticks on any axis.
@Suite struct TickTests {
  @Test("Ticks rise, lie within the range, are no more than asked for and have texts of their own")
  func properties() {
    var generator = Damage(seed: 77)
    for unit in [Axis.Unit.plain, .whole, .share, .degrees, .levels] {
      for _ in 0..<300 {
        let scales: [Double] = unit == .share ? [1] : [1e-6, 0.01, 1, 30, 1e5]
        let scale: Double = scales.randomElement(using: &generator) ?? 1
        let isFromZero = unit == .levels || unit == .share
        let low: Double = isFromZero ? 0 : Double.random(in: -1...1, using: &generator) * scale
        let high: Double = low + Double.random(in: 0.001...1, using: &generator) * scale
        let room: Double = 1e-9 * (high - low)
        for count in [2, 3, 6, 11] {
          let ticks = Axis(label: "", range: low...high, unit: unit).ticks(atMost: count)
          #expect((1...count).contains(ticks.count), "\(unit) \(low) \(high) \(count)")
          let values: [Double] = ticks.map(\.value)
          #expect(values == values.sorted() && Set(values).count == values.count)
          #expect(values.allSatisfy { $0 >= low - room && $0 <= high + room })
          #expect(Set(ticks.map(\.text)).count == ticks.count, "\(unit) \(low) \(high) \(ticks.map(\.text))")
        }
      }
    }
  }

  @Test("Whole numbers have whole ticks, and a range of one of them has that one")
  func whole() {
    func texts(_ range: ClosedRange<Double>, _ count: Int) -> [String] {
      Axis(label: "", range: range, unit: .whole).ticks(atMost: count).map(\.text)
    }
    #expect(texts(1...4, 11) == ["1", "2", "3", "4"])
    #expect(texts(0.5...1.5, 11) == ["1"])
    #expect(texts(1...30, 7) == ["5", "10", "15", "20", "25", "30"])
    #expect(texts(1...120, 3) == ["50", "100"])
  }
}
