import ArgumentParser
import Attacks
import Evaluation
import Failures
import Files
import Records
import Spatial
import ToolOptions
import ToolSupport
import Training

/// A curriculum as typed: a name, a file, or JSON itself.
struct CurriculumOption: ExpressibleByArgument {
  let text: String

  init(argument: String) { text = argument }

  static var defaultCompletionKind: CompletionKind { .list(Curriculum.named.keys.sorted() + ["*.json"]) }

  /// The file; nil for a name, and for JSON.
  var file: String? { Curriculum.named[text] != nil || text.hasPrefix("{") ? nil : text }

  /// The curriculum; files are at most 1 MiB.
  func curriculum() throws -> Curriculum {
    if let known = Curriculum.named[text] { return known }
    if text.hasPrefix("{") { return try Curriculum(json: JSON(parsing: text), place: "--curriculum") }
    guard text == "-" || fileExists(at: text) else {
      let names = Curriculum.named.keys.sorted().joined(separator: ", ")
      throw Failure(.noInput, "\(text): no such curriculum; give \(names) or a file")
    }
    let bytes = try readBytes(path: text, limit: 1 << 20)
    do {
      return try Curriculum(json: JSON(parsing: bytes), place: text)
    } catch let failure as Failure where !failure.message.hasPrefix(text) {
      throw Failure(.data, "\(text): \(failure.message)")
    }
  }
}

extension TrainingConfiguration {
  /// What happens epoch by epoch, as a table.
  func table(stepsPerEpoch: Int) -> String {
    var table = TextTable([
      .numbers("epoch"), .numbers("learning rate"), .words("method"), .numbers("rotation"), .numbers("translation"),
      .numbers("epsilon"), .numbers("steps"), .numbers("step size"),
    ])
    for epoch in 0..<epochs {
      let stage = stage(epoch: epoch)
      let ends = [0, stepsPerEpoch - 1].map {
        NumberText.shortest(shortest(learningRate(epoch: epoch, step: $0, stepsPerEpoch: stepsPerEpoch)))
      }
      let attack = stage.method.attack
      let adversary = attack.map { $0.name == AttackCatalogue.pgd.name ? "" : " by \($0.name)" } ?? ""
      var cells = [
        "\(epoch + 1)", ends[0] == ends[1] ? ends[0] : "\(ends[0]) to \(ends[1])",
        stage.method.name.rawValue + adversary + (stage.mixture == .composed ? "" : ", \(stage.mixture.rawValue)"),
        NumberText.shortest(stage.poses.rotation), NumberText.shortest(stage.poses.translation),
      ]
      if let attack {
        cells += [attack.epsilon, attack.stepSize].map { NumberText.shortest(shortest($0)) }
        cells.insert("\(attack.steps)", at: cells.count - 1)
      }
      table.add(cells)
    }
    return table.text
  }
}

extension TrainingConfiguration {
  /// What to tell people of budgets that the steps of their attacks do not reach; nil where all do.
  var shortfall: String? {
    stages.compactMap(\.method.attack)
      .map { NamedAttack(name: $0.name, epsilon: shortest($0.epsilon), attack: $0.attack) }.shortfall
  }
}
