import Records
import Testing

/// Where a model lay and how it was trained: told, and of no consequence for what is counted together.
@Suite struct ModelOriginTests {
  private func record(_ index: Int, path: String?, method: String? = nil, seed: String? = nil) -> PredictionRecord {
    var setting = Setting(model: "0f", attack: "pgd", norm: "linf", epsilon: 0.25, total: 4)
    (setting.path, setting.method, setting.modelSeed) = (path, method, seed)
    return PredictionRecord(setting: setting, index: index, label: 1, natural: 1, perturbed: 2, distance: 0.25)
  }

  /// A fold of `records` as they come from a stream.
  private func fold(_ records: [PredictionRecord]) throws -> FoolingRateFold {
    var fold = FoolingRateFold()
    for record in records {
      let line = record.line
      try line.withUnsafeBufferPointer { try fold.add(record, line: UnsafeBufferPointer(rebasing: $0.dropLast())) }
    }
    return fold
  }

  @Test("Predictions of copies of a model are counted together, under the name of the first")
  func copies() throws {
    let fold = try fold([
      record(0, path: "a.h5", method: "pgd", seed: "3"), record(1, path: "b.h5"), record(2, path: nil),
    ])
    #expect(fold.records.count == 1)
    #expect(fold.records.first?.count == 3)
    #expect(fold.records.first?.setting?.path == "a.h5")
    #expect(fold.scores.first?.setting.method == "pgd" && fold.scores.first?.setting.modelSeed == "3")
  }

  @Test("The prediction of an image by a copy is the same record again, another one a contradiction")
  func repetitions() throws {
    let paths = ["a.h5", "b \"c\".h5", nil, "a.h5"]
    let same = try fold(paths.map { record(0, path: $0) })
    #expect(same.repeatedCount == 3)
    var other = record(0, path: "b.h5")
    other.perturbed = 1
    #expect(throws: (any Error).self) { try fold([record(0, path: "a.h5"), other]) }
    var elsewhere = record(0, path: "a.h5")
    elsewhere.setting.attack = "fgsm"
    #expect(try fold([record(0, path: "a.h5"), elsewhere]).records.count == 2)
  }

  @Test("A key of the same name elsewhere in a record is not taken for it")
  func elsewhere() throws {
    var (one, other) = (record(0, path: "a.h5"), record(0, path: "a.h5"))
    one.failure = #"x","path":"p","attack":"a"#
    other.failure = #"x","path":"q","attack":"a"#
    #expect(throws: (any Error).self) { try fold([one, other]) }
    one.setting.data = #"d,"path":"p","#
    #expect(try fold([one, one]).repeatedCount == 1)
  }
}
