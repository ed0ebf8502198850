import Attacks
import Evaluation
import Failures
import Records
import ToolSupport

extension AttackSettings {
  /// The settings in a request's `attack`; what is missing is as for `cusp-attack`.
  ///
  /// Unlike elsewhere an unknown key is refused: a misspelt setting would quietly be another attack.
  /// - Throws: `Failure` that names the key.
  init(json: JSON) throws(Failure) {
    self.init()
    guard let members = json.members else { throw Failure(.data, "request: `attack` is not an object") }
    for member in members where member.value != .null { try set(member.key, member.value) }
  }

  private mutating func set(_ key: String, _ json: JSON) throws(Failure) {
    let value = SettingValue("attack", key, json)
    switch key {
    case "name": kind = try value.attack()
    case "norm": norm = try value.choice()
    case "epsilon": epsilon = try value.number()
    case "step_size": stepSize = try value.number()
    case "early_stop": stopsEarly = try value.flag()
    case "minimum_epsilon": seeksSmallest = try value.flag()
    case "trace": isTraced = try value.flag()
    default:
      guard let setting = AttackSetting(rawValue: key) else {
        throw Failure(.usage, "attack: no setting `\(key)`; see the page of cusp-serve")
      }
      values[setting] = try value.parameter(setting.kind)
    }
  }
}
