import Records
import Testing

@testable import Plots

/// What people call models.
@Suite("Names of models")
struct ModelNamesTests {
  private let digest = String(repeating: "0123456789abcdef", count: 4)

  private func checkpoint(_ digest: String, _ path: String) -> CheckpointRecord {
    CheckpointRecord(path: path, digest: digest, epoch: 1, architecture: "digits-cnn", data: "digits")
  }

  private func setting(_ model: String, path: String?) -> Setting {
    var setting = Setting(model: model, attack: "none", norm: "none", epsilon: 0)
    setting.path = path
    return setting
  }

  @Test("A model is called by its file, else by the first digits of its digest, else as it is")
  func kinds() {
    var names = ModelNames()
    names.add(checkpoint("a", "/m/deep/robust.h5"))
    let found = names.names(of: ["a", digest, "other"])
    #expect(found == ["a": "robust.h5", digest: "0123456789ab", "other": "other"])
  }

  @Test("Records say the file where no checkpoint does, and what a checkpoint says goes before")
  func paths() {
    var names = ModelNames()
    names.add(setting("a", path: "runs/pgd.h5"))
    names.add(setting("a", path: "copy.h5"))
    names.add(setting("b", path: nil))
    #expect(names.names(of: ["a", "b"]) == ["a": "pgd.h5", "b": "b"])
    names.add(checkpoint("a", "/elsewhere/last.h5"))
    names.add(setting("a", path: "copy.h5"))
    #expect(names.names(of: ["a"]) == ["a": "last.h5"])
  }

  @Test("Files of one name in two folders are told apart by their digests")
  func shared() {
    var names = ModelNames()
    names.add(checkpoint(digest, "/one/m.h5"))
    names.add(checkpoint("b", "/two/m.h5"))
    names.add(checkpoint("c", "/two/n.h5"))
    #expect(
      names.names(of: [digest, "b", "c"]) == [digest: "m.h5 0123456789ab", "b": "m.h5 b", "c": "n.h5"])
    // By themselves they need no more.
    #expect(names.names(of: ["b", "c"]) == ["b": "m.h5", "c": "n.h5"])
  }

  @Test("What steers a terminal does not get into a name")
  func printable() {
    var names = ModelNames()
    names.add(checkpoint("a", "/m/x\u{1B}[31m.h5"))
    #expect(names.names(of: ["a"]) == ["a": "x?[31m.h5"])
    #expect(ModelNames.file("") == "" && ModelNames.file("/") == "/" && ModelNames.file("a/") == "a")
  }

  @Test("Figures call models by the files of their records", arguments: [FigureKind.profile, .pareto, .heatmap])
  func figures(kind: FigureKind) throws {
    let lines = try ["a", "b"].flatMap { model in
      try [(0.0, 0.0, 90), (30, 0, 60), (0, 0.1, 40), (30, 0.1, 20)].map { rotation, epsilon, right in
        let bytes = Drawing.score(model, rotation: rotation, epsilon: epsilon, right: right)
        var record = try ScoreRecord(json: JSON(parsing: bytes))
        record.setting.path = "/runs/\(model)/net-\(model).h5"
        return record.line
      }
    }
    let text = try Drawing.figure(kind, lines).vegaLite.text
    #expect(text.contains("net-a.h5") && text.contains("net-b.h5") && !text.contains("/runs/"))
    // What a checkpoint record says goes before.
    let named = try Drawing.figure(kind, [checkpoint("a", "/m/other.h5").line] + lines).vegaLite.text
    #expect(named.contains("other.h5") && !named.contains("net-a.h5") && named.contains("net-b.h5"))
  }

  @Test("So do figures of single predictions", arguments: [FigureKind.curve, .confusion])
  func predictions(kind: FigureKind) throws {
    var setting = Setting(model: "a", attack: "ddn", norm: "l2", epsilon: nil, data: "digits", split: "test", total: 3)
    setting.path = "runs/net-a.h5"
    var other = setting
    (other.model, other.path) = ("b", "runs/net-b.h5")
    let lines = [setting, other].flatMap { setting in
      (0..<3).map { index in
        PredictionRecord(
          setting: setting, index: index, label: index, natural: index, perturbed: 2 - index,
          distance: Float(index) / 4 + 0.25
        ).line
      }
    }
    let text = try Drawing.figure(kind, lines).vegaLite.text
    #expect(text.contains("net-a.h5") && text.contains("net-b.h5"))
  }
}
