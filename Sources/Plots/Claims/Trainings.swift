internal import Records

/// What a model went through in training, as its stream tells.
struct Training: Equatable {
  /// The architecture's name.
  var architecture: String
  /// The data set without its folder.
  var data: String
  /// The largest budgets of all epochs: degrees, pixels, pixel units.
  var rotation, translation, epsilon: Double
  /// Whether all epochs had the same.
  var isConstant: Bool

  /// Whether images were turned or moved.
  var isSpatial: Bool { rotation > 0 || translation > 0 }
}

/// Trainings by the digests of their models: the epochs that come before a checkpoint.
struct Trainings {
  private var epochs: [EpochRecord] = []
  private(set) var byModel: [String: Training] = [:]

  /// Takes in an epoch; one that is no later than the one before begins another run.
  mutating func add(_ record: EpochRecord) {
    if (epochs.last?.epoch ?? 0) >= record.epoch { epochs.removeAll() }
    epochs.append(record)
  }

  /// Takes in the model that the epochs led to.
  mutating func end(with record: CheckpointRecord) {
    guard let last = epochs.last else { return }
    func most(_ budget: (EpochRecord) -> Double) -> Double { epochs.map(budget).max() ?? 0 }
    byModel[record.digest] = Training(
      architecture: printable(record.architecture), data: Self.withoutFolder(record.data),
      rotation: most { $0.rotation },
      translation: most { $0.translation }, epsilon: most { $0.epsilon },
      isConstant: epochs.allSatisfy {
        $0.rotation == last.rotation && $0.translation == last.translation && $0.epsilon == last.epsilon
      })
  }

  /// `mnist` for `mnist:/data/mnist`, `canvas:40:digits` for itself, `x.npz` for `/data/x.npz`.
  static func withoutFolder(_ data: String) -> String {
    if data.hasPrefix("canvas:"), let colon = data.dropFirst(7).firstIndex(of: ":") {
      return printable(String(data[...colon])) + withoutFolder(String(data[data.index(after: colon)...]))
    }
    if let colon = data.lastIndex(of: ":") { return printable(String(data[..<colon])) }
    return printable(data.split(separator: "/").last.map(String.init) ?? data)
  }
}

/// A model of which claims may tell: its training, its seed, and what was measured.
struct TrainedModel {
  /// What its file is called, without the seed.
  var method: String
  var seed: String
  /// How it was trained, such as `pgd`.
  var kind: String
  var training: Training
  /// What was counted, by the setting without the model.
  var tallies: [Setting: Tally] = [:]
  /// How far the nearest images that fool are, likewise.
  var distances: [Setting: [Double]] = [:]

  /// Whether it is CuSP: by its name.
  var isCuSP: Bool { method.hasPrefix("cusp") }
  /// Whether it is another training by both kinds of perturbation.
  var isMixture: Bool { !isCuSP && training.isSpatial && training.epsilon > 0 }
}
