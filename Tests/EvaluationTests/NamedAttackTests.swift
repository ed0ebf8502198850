import Attacks
import Evaluation
import Records
import Testing

@Suite("Attacks in records")
struct NamedAttackTests {
  @Test("The parameters say all that was chosen besides the budget, numbers as they were typed")
  func parameters() {
    var attack = ProjectedGradientDescent.advertorchDefault(channels: 1)
    let text = { NamedAttack(name: "pgd", epsilon: 0.3, attack: attack).parameters.text }
    #expect(
      text()
        == #"{"steps":40,"step_size":0.01,"start":"random","restarts":1,"loss":"cross-entropy","seed":"0"}"#)
    (attack.start, attack.restarts, attack.loss, attack.target) = (.clean, 5, .margin, 0)
    (attack.stepSize, attack.steps, attack.seed) = (2.0 / 255, 0, .max)
    #expect(
      text()
        == #"{"steps":0,"step_size":0.007843138,"start":"clean","restarts":5,"loss":"margin","#
        + #""seed":"18446744073709551615","target":0}"#)
  }

  @Test("The setting has the model, the name, the norm and the budget as exact as typed")
  func setting() {
    let attack = ProjectedGradientDescent.fastGradientSign(norm: .l2, epsilon: Float(8.0 / 255))
    let setting = NamedAttack(name: "fgsm", epsilon: 8.0 / 255, attack: attack).setting(model: "0f")
    #expect((setting.model, setting.attack, setting.norm, setting.epsilon) == ("0f", "fgsm", "l2", 8.0 / 255))
    #expect((setting.rotation, setting.translation) == (0, 0))
  }
}
