import Records
import Testing

/// The first thing that two settings say differently.
@Suite struct SettingDifferenceTests {
  private let setting = Setting(
    model: "0123456789abcdef", attack: "pgd", norm: "linf", epsilon: 0.25, data: "digits", split: "test", total: 9,
    parameters: .object([.init("steps", .integer(10)), .init("step_size", .number(0.5)), .init("seed", .string("0"))]))

  @Test("Every key is looked at, in its order")
  func keys() {
    func text(_ change: (inout Setting) -> Void) -> String? {
      var other = setting
      change(&other)
      return other.difference(from: setting)?.text()
    }
    #expect(text { _ in } == nil)
    #expect(text { $0.model = "fedcba9876543210" } == "`model` is fedcba987654, not 0123456789ab")
    #expect(text { $0.path = "a.h5" } == "`path` is a.h5, not left out")
    #expect(text { ($0.epsilon, $0.total) = (nil, 8) } == "`epsilon` is null, not 0.25")
    #expect(text { ($0.rotation, $0.data) = (30, nil) } == "`rotation` is 30, not 0")
    #expect(text { $0.isRotationExact = true } == "`rotation_exact` is true, not left out")
    #expect(text { $0.data = nil } == "`data` is left out, not digits")
    #expect(text { $0.total = 10 } == "`total` is 10, not 9")
    #expect(text { $0.parameters = nil } == "`steps` is left out, not 10")
    #expect(
      text { $0.parameters = .object([.init("steps", .integer(10)), .init("target", .integer(3))]) }
        == "`target` is 3, not left out")
  }

  @Test("The same, however it is written, is no difference")
  func writing() {
    var other = setting
    other.parameters = .object([
      .init("seed", .string("0")), .init("steps", .number(10)), .init("step_size", .number(0.5)),
      .init("kernel", .null),
    ])
    #expect(other.difference(from: setting) == nil)
    other.split = "train"
    #expect(other.difference(from: setting)?.text(" there") == "`split` is train there, not test")
  }
}
