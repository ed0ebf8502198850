import Records
import ToolSupport

/// Benchmarks as a table for people.
enum BenchmarkTable {
  static func text(_ records: [BenchmarkRecord]) -> String {
    var table = TextTable([
      .words("architecture"), .words("program"), .numbers("batch"), .numbers("threads"), .numbers("images/s"),
      .numbers("best"), .numbers("GFLOP/s"), .numbers("of peak"), .numbers("memory"), .words("engine"),
    ])
    for record in records {
      let mebibytes = Double(record.peakResidentBytes) / 1_048_576
      table.add([
        record.architecture, record.program.rawValue, "\(record.batch)", "\(record.threads)",
        NumberText.decimal(record.imagesPerSecond, places: 1), NumberText.decimal(record.best, places: 1),
        NumberText.decimal(record.gigaflopsPerSecond, places: 1), NumberText.percent(record.peakShare),
        "\(NumberText.decimal(mebibytes, places: 0)) MiB", record.backend,
      ])
    }
    return table.text
  }
}
