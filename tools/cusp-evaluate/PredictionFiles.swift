import Archives
import ArgumentParser
import Files
import Records
import ToolOptions
import ToolSupport

/// The predicted classes of one model, a NumPy file a setting.
struct PredictionFiles {
  /// The name of the file, `{rotation}`, `{translation}` and `{epsilon}` in it for those of the setting.
  private let pattern: String
  private var classes: [(path: String, list: [Int64])] = []

  init(_ pattern: String) { self.pattern = pattern }

  /// Whether no prediction has come.
  var isEmpty: Bool { classes.isEmpty }

  /// Refuses several models, and several settings of one name.
  ///
  /// - Throws: `ValidationError` that says what the name lacks.
  func refuseSeveral(models: Int, _ spatial: SpatialOptions, _ epsilon: NumberList?) throws {
    guard models <= 1 else { throw ValidationError("--save-predictions takes one model; name one") }
    let names = names(spatial, epsilon)
    guard Set(names).count < names.count else { return }
    throw ValidationError(
      "--save-predictions \(pattern): is one file for \(names.count) settings; put {rotation}, {translation} or {epsilon} "
        + "into its name")
  }

  /// Hands every name to `check`.
  func check(_ spatial: SpatialOptions, _ epsilon: NumberList?, _ check: (String) throws -> Void) throws {
    for name in Set(names(spatial, epsilon)).sorted() { try check(name) }
  }

  /// Takes in the class of an image, and hands the name of a new file to `check`: only a record tells a customary budget.
  mutating func add(_ record: PredictionRecord, _ check: (String) throws -> Void) throws {
    let setting = record.setting
    let path = name(setting.rotation, setting.translation, setting.epsilon)
    if let place = classes.firstIndex(where: { $0.path == path }) {
      classes[place].list.append(Int64(record.perturbed))
    } else {
      try check(path)
      classes.append((path, [Int64(record.perturbed)]))
    }
  }

  /// Writes the files.
  ///
  /// - Throws: `Failure` where one cannot be written.
  func write() throws {
    for (path, list) in classes { try writeFile(at: path, bytes: NumPyArray(list).fileBytes) }
  }

  /// The names for all settings; those of a customary budget keep `{epsilon}`, which only the model decides.
  private func names(_ spatial: SpatialOptions, _ epsilon: NumberList?) -> [String] {
    let budgets = epsilon?.values.map(Optional.some) ?? [nil]
    return spatial.pairs.flatMap { pair in budgets.map { name(pair.rotation, pair.translation, $0) } }
  }

  /// The pattern with these in it; 8/255 is `8-255`, as names have no slash.
  private func name(_ rotation: Double, _ translation: Double, _ epsilon: Double?) -> String {
    let name = pattern.replacing("{rotation}", with: NumberText.shortest(rotation))
      .replacing("{translation}", with: NumberText.shortest(translation))
    return epsilon.map { name.replacing("{epsilon}", with: NumberText.pixelDistance($0).replacing("/", with: "-")) }
      ?? name
  }
}
