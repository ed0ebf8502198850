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
    case "steps": steps = try value.integer()
    case "step_size": stepSize = try value.number()
    case "start": start = try value.choice()
    case "restarts": restarts = try value.integer()
    case "target": target = try value.integer()
    case "loss": loss = try value.choice()
    case "seed": seed = try value.seed()
    case "decay": decay = try value.number()
    case "targets": targets = try value.integer()
    case "queries": queries = try value.integer()
    case "overshoot": overshoot = try value.number()
    case "members": members = try value.texts()
    case "early_stop": stopsEarly = try value.flag()
    default: throw Failure(.usage, "attack: no setting `\(key)`; see the page of cusp-serve")
    }
  }
}
