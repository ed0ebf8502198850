import Evaluation
import Failures
import Records
import Spatial

extension ServedTransform {
  /// What a request's `transform` means for the image at `index`: budgets, within which the pose is drawn, or the pose.
  ///
  /// An unknown key is refused: a misspelt budget would quietly be none.
  /// - Throws: `Failure` that names the key.
  init(json: JSON, index: Int) throws(Failure) {
    guard let members = json.members else { throw Failure(.data, "request: `transform` is not an object") }
    var (distribution, seed, given) = (PoseDistribution(), UInt64(0), Pose?.none)
    var interpolation = Interpolation.nearest
    for member in members where member.value != .null {
      let value = SettingValue("transform", member.key, member.value)
      switch member.key {
      case "rotation":
        let degrees = TransformationLimits.degrees
        let isExact = json["rotation_exact"]?.bool == true
        let rotation = try value.number(in: (isExact ? -degrees : 0)...degrees)
        (distribution.rotation, distribution.isRotationExact) = (rotation, isExact)
      case "rotation_exact": distribution.isRotationExact = try value.flag()
      case "translation": distribution.translation = try value.number(in: 0...TransformationLimits.pixels)
      case "interpolation": interpolation = try value.choice()
      case "seed": seed = try value.seed()
      case "pose": given = try Self.pose(member.value)
      default: throw Failure(.usage, "transform: no setting `\(member.key)`; see the page of cusp-serve")
      }
    }
    guard given == nil || distribution.isIdentity else {
      throw Failure(.usage, "transform: give either budgets or a `pose`")
    }
    let turns = distribution.rotation != 0 || given.map(Self.isBlended) ?? false
    let isDrawn = distribution.translation > 0 || (distribution.rotation > 0 && !distribution.isRotationExact)
    let idle = [
      ("rotation_exact", distribution.isRotationExact && distribution.rotation == 0, "give `rotation`"),
      ("interpolation", interpolation != .nearest && !turns, "nothing is turned; leave it out"),
      ("seed", seed != 0 && !isDrawn, "nothing is drawn; leave it out"),
    ].first { $0.1 }
    if let idle { throw Failure(.usage, "transform: `\(idle.0)`: \(idle.2)") }
    self.init(pose: given ?? distribution.draw(seed: seed, image: index), interpolation: interpolation)
  }

  /// Whether interpolation makes a difference: in whole pixels an image moves as it is.
  private static func isBlended(_ pose: Pose) -> Bool {
    pose.degrees != 0 || [pose.dx, pose.dy].contains { $0 != $0.rounded() }
  }

  private static func pose(_ json: JSON) throws(Failure) -> Pose {
    guard let members = json.members else { throw Failure(.data, "transform: `pose` is not an object") }
    let (degrees, pixels) = (TransformationLimits.degrees, TransformationLimits.pixels)
    var pose = Pose()
    for member in members {
      let value = SettingValue("pose", member.key, member.value)
      switch member.key {
      case "degrees": pose.degrees = try value.number(in: -degrees...degrees)
      case "dx": pose.dx = try value.number(in: -pixels...pixels)
      case "dy": pose.dy = try value.number(in: -pixels...pixels)
      default: throw Failure(.usage, "pose: no setting `\(member.key)`; there are degrees, dx, dy")
      }
    }
    return pose
  }
}
