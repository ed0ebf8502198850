import Records
import Testing
import ToolSupport

/// What tables call a setting.
@Suite("What happens to images, in words")
struct PerturbationTextTests {
  private func setting(
    _ attack: String = "none", norm: String = "linf", epsilon: Double? = 0, rotation: Double = 0,
    translation: Double = 0,
    exact: Bool = false, interpolation: String? = nil, parameters: [JSON.Member] = []
  ) -> Setting {
    Setting(
      model: "m", attack: attack, norm: norm, epsilon: epsilon, rotation: rotation, translation: translation,
      isRotationExact: exact, interpolation: interpolation, data: "digits", split: "test", total: 360,
      parameters: .object(parameters))
  }

  @Test("Images that stay as they are have no words, whatever is not done to them")
  func nothing() {
    #expect(setting().perturbationText.isEmpty)
    #expect(setting("pgd", epsilon: 0).perturbationText.isEmpty)
    #expect(setting(norm: "none", epsilon: nil).perturbationText.isEmpty)
  }

  @Test("Budgets stand as they are typed, levels of 8 bits as fractions")
  func budgets() {
    #expect(setting("pgd", epsilon: 8.0 / 255).perturbationText == "pgd 8/255")
    #expect(setting("pgd", norm: "l2", epsilon: 0.5).perturbationText == "pgd l2 0.5")
    #expect(setting("ddn", norm: "l2", epsilon: nil).perturbationText == "ddn l2")
    #expect(setting("deepfool", epsilon: nil).perturbationText == "deepfool")
    #expect(setting(rotation: 30).perturbationText == "rotation 30")
    #expect(setting(rotation: 7.5).perturbationText == "rotation 7.5")
    #expect(setting(rotation: -30, exact: true).perturbationText == "rotation -30 exact")
    #expect(setting(rotation: 30, interpolation: "bilinear").perturbationText == "rotation 30 bilinear")
    #expect(setting(translation: 2).perturbationText == "translation 2")
  }

  @Test("Corruption, pose and attack come in the order in which they are done")
  func order() {
    let fog: [JSON.Member] = [.init("corruption", .string("fog")), .init("severity", .integer(3))]
    #expect(setting(parameters: fog).perturbationText == "fog 3")
    #expect(
      setting("pgd", epsilon: 0.1, rotation: 30, translation: 1, parameters: fog).perturbationText
        == "fog 3, rotation 30, translation 1, pgd 0.1")
    // What is no severity is left out, what is no corruption says nothing.
    #expect(setting(parameters: [.init("corruption", .string("fog"))]).perturbationText == "fog")
    #expect(setting(parameters: [.init("severity", .integer(3))]).perturbationText.isEmpty)
    #expect(setting(parameters: [.init("corruption", .integer(3))]).perturbationText.isEmpty)
  }

  @Test("Columns that would be called alike say what tells them apart, others do not")
  func titles() {
    func steps(_ count: Int64) -> [JSON.Member] { [.init("steps", .integer(count)), .init("seed", .string("0"))] }
    let alike = [
      setting("pgd", epsilon: 0.1, parameters: steps(5)), setting("pgd", epsilon: 0.1, parameters: steps(50)),
      setting("pgd", epsilon: 0.2, parameters: steps(5)),
    ]
    #expect(alike.perturbationTitles == ["pgd 0.1, steps 5", "pgd 0.1, steps 50", "pgd 0.2"])
    #expect([Setting]().perturbationTitles.isEmpty)
    #expect([setting()].perturbationTitles == [""])
  }

  @Test("Data are told by name, part and number, as far as they are known")
  func data() {
    #expect(setting().dataText == "digits test 360")
    var bare = setting()
    (bare.data, bare.total) = (nil, nil)
    #expect(bare.dataText == "test")
    bare.split = nil
    #expect(bare.dataText.isEmpty)
  }
}
