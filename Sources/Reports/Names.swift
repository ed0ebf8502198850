internal import Plots
internal import Records
internal import ToolSupport

/// What the page calls models, settings and classes.
struct Names {
  /// Where models lie, for figures.
  let checkpoints: [CheckpointRecord]
  private let models: [String: String]
  private let classNames: [String]
  private let distinctions: [Setting: String]

  /// The names in `report`, of which `settings` were measured.
  init(of report: Report, _ settings: [Setting]) {
    let given = report.models.compactMap { model in
      model.digest.map { CheckpointRecord(path: model.path, digest: $0, epoch: 0, architecture: "", data: "") }
    }
    checkpoints = report.fold.checkpoints + given
    var figure = FigureFold(.profile)
    for checkpoint in checkpoints { figure.add(checkpoint) }
    let all = settings + report.fold.diagnoses.map(\.setting) + report.fold.details.map(\.setting)
    models = figure.names(of: all.map(\.model))
    classNames =
      report.models.map(\.classNames).first { !$0.isEmpty } ?? report.galleries.map(\.classNames).first ?? []
    let texts = settings.distinctions { Self.cells($0) }
    distinctions = Dictionary(zip(settings, texts)) { first, _ in first }
  }

  /// What people call the model.
  func model(_ digest: String) -> String { models[digest] ?? printable(digest) }

  /// What tells a setting from those that look alike in tables; mostly empty.
  func distinction(_ setting: Setting) -> String { distinctions[setting] ?? "" }

  /// A class by its number, and by its name where that is another.
  func className(_ label: Int) -> String {
    guard classNames.indices.contains(label), classNames[label] != "\(label)" else { return "\(label)" }
    return "\(label) \(printable(classNames[label]))"
  }

  /// A setting in one line, with its model.
  func line(_ setting: Setting) -> String { "\(model(setting.model)), \(perturbation(setting))" }

  /// What was done to the images, in words.
  func perturbation(_ setting: Setting) -> String {
    var words: [String] = []
    if setting.attack != "none" {
      words.append("\(setting.attack) \(setting.norm)")
      if let epsilon = setting.epsilon { words.append("epsilon \(NumberText.pixelDistance(epsilon))") }
    }
    if setting.rotation != 0 { words.append("rotation \(setting.rotationText)") }
    if setting.translation != 0 { words.append("translation \(NumberText.shortest(setting.translation))") }
    let distinction = distinction(setting)
    if !distinction.isEmpty { words.append(distinction) }
    return words.isEmpty ? "untouched" : words.joined(separator: ", ")
  }

  /// What tables show of a setting.
  private static func cells(_ setting: Setting) -> [String] {
    [
      setting.model, setting.data ?? "", setting.attack, setting.norm, setting.epsilon.map { "\($0)" } ?? "",
      setting.rotationText, "\(setting.translation)",
    ]
  }
}
