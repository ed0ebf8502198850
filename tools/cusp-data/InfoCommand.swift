import ArgumentParser
import Checkpoints
import Datasets
import Failures
import Records
import Tensors
import ToolSupport

struct InfoCommand: DataVerb {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Tell what images a data set has.")

  @Argument(help: "\(DatasetReference.choices), canvas:40: before any.", completion: .list(DatasetReference.patterns))
  var data: String
  @Option(help: "Only this part of the data set: train or test.") var split: Split?
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  /// How many classes are told one by one.
  private static let mostClasses = 20

  func execute(_ context: ToolContext) throws {
    let reference = try DatasetReference(data)
    let parts = try split.map { [try reference.load(split: $0)] } ?? reference.loadAll()
    let records = parts.map { Self.record(of: $0, named: data) }
    guard format.format(for: context.output) == .text else {
      for record in records { try context.output.write(record) }
      return
    }
    try context.output.write(table(records))
    guard let first = parts.first, context.output.isTerminal else { return }
    try context.output.write("\n" + ImageRows(columns: Terminal.columns).strip(of: first))
  }

  private static func record(of images: LabeledImages, named data: String) -> DataRecord {
    let statistics = images.channelStatistics
    var digest = RunningDigest()
    images.forEachByte { digest.add($0) }
    return DataRecord(
      data: data, split: images.split.rawValue, count: images.count, shape: images.imageShape.sizes,
      classes: images.classNames, classCounts: images.classCounts, mean: statistics.map(\.mean),
      deviation: statistics.map(\.deviation), digest: digest.text)
  }

  private func table(_ records: [DataRecord]) -> String {
    func list(_ numbers: [Double]) -> String {
      numbers.map { NumberText.decimal($0, places: 4) }.joined(separator: ",")
    }
    var table = TextTable(
      [
        .words("split"), .numbers("images"), .words("shape"), .numbers("classes"), .words("mean"), .words("deviation"),
        .words("SHA-256"),
      ])
    for record in records {
      table.add([
        record.split, "\(record.count)", record.shape.map(String.init).joined(separator: "x"),
        "\(record.classes.count)", list(record.mean), list(record.deviation), String(record.digest.prefix(16)),
      ])
    }
    guard let names = records.first?.classes, names.count <= Self.mostClasses else { return table.text }
    var classes = TextTable([.words("class")] + records.map { .numbers($0.split) })
    for (label, name) in names.enumerated() {
      classes.add([name] + records.map { label < $0.classCounts.count ? "\($0.classCounts[label])" : "-" })
    }
    return table.text + "\n" + classes.text
  }
}
