public import Attacks
import ToolSupport

extension AttackCatalogue {
  /// All attacks for people, a row each.
  public static var table: String {
    var table = TextTable([
      .words("attack"), .words("norms"), .words("epsilon"), .words("asks for"), .words("settings"), .words("after"),
    ])
    for attack in all {
      let settings = attack.settings.filter { $0 != .members }.map { "--" + $0.rawValue.replacing("_", with: "-") }
      table.add([
        attack.name, attack.norms.map(\.rawValue).joined(separator: " "), attack.budget.rawValue,
        attack.asksForGradients ? "gradients" : "logits", settings.joined(separator: " "), attack.source,
      ])
    }
    return table.text
  }
}
