import Failures
import Records
import Testing

private let setting = Setting(
  model: "0f", attack: "pgd", norm: "linf", epsilon: 8.0 / 255, rotation: 30, translation: 3)
private let settingText =
  #""model":"0f","attack":"pgd","norm":"linf","epsilon":0.03137254901960784,"rotation":30,"translation":3"#

@Suite struct RecordTests {
  @Test("Every record is written in its order and read back")
  func roundTrips() throws {
    try check(
      RunRecord(tool: "cusp-train", version: "0.1.0", arguments: ["--seed", "7"], seed: "18446744073709551615"),
      #"{"type":"run","v":1,"tool":"cusp-train","version":"0.1.0","arguments":["--seed","7"],"#
        + #""seed":"18446744073709551615"}"#)
    try check(
      EpochRecord(
        epoch: 1, epochs: 30, learningRate: 0.1, rotation: 180, translation: 0, epsilon: 0, loss: 1.5, accuracy: 0.25,
        imagesPerSecond: 812.5, seconds: 2),
      #"{"type":"epoch","v":1,"epoch":1,"epochs":30,"learning_rate":0.1,"rotation":180,"translation":0,"epsilon":0,"#
        + #""loss":1.5,"accuracy":0.25,"images_per_second":812.5,"seconds":2}"#)
    try check(
      CheckpointRecord(path: "/m/a b.h5", digest: "0f", epoch: 3, architecture: "vgg16", data: "cifar10:d"),
      #"{"type":"checkpoint","v":1,"path":"/m/a b.h5","digest":"0f","epoch":3,"architecture":"vgg16","data":"cifar10:d"}"#
    )
    try check(
      ErrorRecord(Failure(.data, "bad"), line: 3, id: .array([.null])),
      #"{"type":"error","v":1,"code":"data","message":"bad","line":3,"id":[null]}"#)
    try check(
      BenchmarkRecord(
        architecture: "vgg16", program: .inputGradient, batch: 64, precision: "float32", threads: 2,
        imagesPerSecond: 100.5, best: 120, gigaflopsPerSecond: 63, peakShare: 0.5, backend: "e 1", repeats: 5,
        images: 64, peakResidentBytes: 4096),
      #"{"type":"benchmark","v":1,"architecture":"vgg16","program":"input-gradient","batch":64,"precision":"float32","#
        + #""threads":2,"images_per_second":100.5,"best":120,"gigaflops_per_second":63,"peak_share":0.5,"#
        + #""backend":"e 1","repeats":5,"images":64,"peak_resident_bytes":4096}"#)
  }

  @Test("Predictions, scores and fooling rates are written in their order and read back")
  func settings() throws {
    var attacked = setting
    (attacked.data, attacked.split, attacked.total) = ("digits", "test", 360)
    attacked.parameters = .object([.init("steps", .integer(10))])
    try check(
      PredictionRecord(
        setting: attacked, pose: .init(degrees: -12.5, dx: 1, dy: 0), index: 9, label: 3, natural: 3, perturbed: 5,
        distance: 0.03, logits: [0.1, -2], hadZeroGradient: true, failure: "no"),
      "{\"type\":\"prediction\",\"v\":1,\(settingText)"
        + #","data":"digits","split":"test","total":360"#
        + #","pose":{"degrees":-12.5,"dx":1,"dy":0},"index":9,"label":3,"natural":3,"perturbed":5,"distance":0.03,"#
        + #""logits":[0.1,-2],"parameters":{"steps":10},"zero_gradient":true,"failure":"no"}"#)
    try check(
      FoolingRateRecord(
        setting: attacked, count: 4, fooled: 2, missing: 356, failed: 1, zeroGradients: 0.5),
      "{\"type\":\"fooling-rate\",\"v\":1,\(settingText)"
        + #","data":"digits","split":"test","total":360,"parameters":{"steps":10},"count":4,"fooled":2,"rate":0.5,"#
        + #""interval":[0.15003898915214947,0.8499610108478506],"missing":356,"failed":1,"zero_gradients":0.5}"#)
    try check(
      FoolingRateRecord(setting: setting, count: 4, fooled: 0, naturalAccuracy: 0.75, accuracy: 0.5),
      "{\"type\":\"fooling-rate\",\"v\":1,\(settingText)"
        + #","count":4,"fooled":0,"rate":0,"interval":[0,0.4898908364545973],"natural_accuracy":0.75,"accuracy":0.5}"#)
    try check(
      ScoreRecord(setting: setting, tally: Tally(count: 0)),
      "{\"type\":\"score\",\"v\":1,\(settingText)"
        + #","count":0,"natural_accuracy":0,"natural_accuracy_interval":[0,1],"accuracy":0,"accuracy_interval":[0,1],"#
        + #""fooling_rate":0,"fooling_rate_interval":[0,1]}"#)
  }

  @Test("Tables show the rotation with what was special about it")
  func rotations() {
    var setting = Setting(model: "m", attack: "none", norm: "none", epsilon: 0, rotation: 30)
    #expect(setting.rotationText == "30")
    setting.isRotationExact = true
    #expect(setting.rotationText == "30 exact")
    (setting.interpolation, setting.rotation) = ("bilinear", 7.5)
    #expect(setting.rotationText == "7.5 exact bilinear")
  }

  @Test("A score gives back its counts", arguments: [1, 3, 7, 10_000, 99_991])
  func scoreCounts(count: Int) throws {
    for part in [0, 1, count / 3, count] {
      let record = ScoreRecord(
        setting: setting,
        tally: Tally(
          count: count, fooled: part, naturallyCorrect: count - part, correct: part, failed: part,
          zeroGradients: count - part),
        missing: part)
      #expect(try ScoreRecord(json: JSON(parsing: record.line)) == record)
    }
  }

  @Test(
    "A missing, mistyped or foreign key is named",
    arguments: [
      (#"{"type":"checkpoint","v":1,"path":"a"}"#, "checkpoint record without `digest`"),
      (#"{"type":"checkpoint","v":1,"path":null}"#, "checkpoint record without `path`"),
      (#"{"type":"checkpoint","v":1,"path":7}"#, "checkpoint record: `path` is not text"),
      (#"{"type":"epoch","v":1}"#, "checkpoint record expected, found `epoch`"),
      (#"{"type":"checkpoint"}"#, "checkpoint record without `v`"),
      (#"{"type":"checkpoint","v":2}"#, "checkpoint record of version 2; this program reads version 1"),
      (#"[]"#, "checkpoint record: not an object"),
      (
        #"{"type":"checkpoint","v":1,"path":"a","digest":"b","epoch":1.5}"#,
        "checkpoint record: `epoch` is not a whole number"
      ),
    ])
  func refusals(text: String, message: String) {
    #expect(throws: Failure(.data, message)) { try CheckpointRecord(json: JSON(parsing: text)) }
  }

  @Test("Unknown keys are ignored and the order does not matter")
  func freedom() throws {
    let text =
      #"{"data":"d","future":[{}],"v":1,"digest":"b","architecture":"c","path":"a","epoch":2,"type":"checkpoint"}"#
    let expected = CheckpointRecord(path: "a", digest: "b", epoch: 2, architecture: "c", data: "d")
    #expect(try CheckpointRecord(json: JSON(parsing: text)) == expected)
  }

  @Test("What our writer makes of logits that are not finite, our reader reads")
  func notFinite() throws {
    let record = PredictionRecord(
      setting: setting, index: 0, label: 0, natural: 0, perturbed: 0, distance: 0, logits: [.nan, 1, -.infinity])
    #expect(String(decoding: record.line, as: UTF8.self).contains(#""logits":[null,1,null]"#))
    let again = try PredictionRecord(json: JSON(parsing: record.line))
    let logits = try #require(again.logits)
    #expect(logits.count == 3 && logits[0].isNaN && logits[1] == 1 && logits[2].isNaN)
    #expect(again.line == record.line)
  }

  private func check<Kind: Record>(_ record: Kind, _ text: String) throws {
    #expect(String(decoding: record.line, as: UTF8.self) == text + "\n")
    #expect(try Kind(json: JSON(parsing: record.line)) == record)
  }
}
