import Records
import ToolSupport

/// Benchmarks as a table for people.
enum BenchmarkTable {
  static func text(_ records: [BenchmarkRecord], within columns: Int? = nil) -> String {
    var table = TextTable([
      .words("architecture"), .words("program"), .numbers("batch").setting, .numbers("threads").setting,
      .numbers("images/s"), .numbers("best").detail, .numbers("GFLOP/s"), .numbers("of peak"),
      .numbers("memory").detail, .words("engine").setting,
    ])
    for record in records {
      let mebibytes = Double(record.peakResidentBytes) / 1_048_576
      table.add([
        record.architecture, record.program.rawValue, "\(record.batch)", "\(record.threads)",
        NumberText.decimal(record.imagesPerSecond, places: 1), NumberText.decimal(record.best, places: 1),
        NumberText.decimal(record.gigaflopsPerSecond, places: 1), NumberText.percent(record.peakShare),
        "\(NumberText.decimal(mebibytes, places: 0)) MiB", String(record.backend.prefix { $0 != "," }),
      ])
    }
    return table.text(within: columns)
  }

  /// The calls of one program in the order they run.
  static func text(_ steps: [BenchmarkStepRecord]) -> String {
    var table = TextTable([
      .words("step"), .words("operation"), .words("pass"), .words("algorithm"), .words("layout"), .words("kernel"),
      .numbers("ms"), .numbers("GFLOP/s"), .numbers("MB").detail, .numbers("of roof"), .numbers("share"), .words(""),
    ])
    let largest = steps.map(\.share).max() ?? 1
    for step in steps {
      let bar = String(repeating: "#", count: Int((20 * step.share / max(largest, 1e-9)).rounded()))
      table.add([
        step.step, step.operation, step.pass, step.algorithm ?? "-", step.layout, step.implementation,
        NumberText.decimal(step.milliseconds, places: 3),
        step.gigaflopsPerSecond.map { NumberText.decimal($0, places: 1) } ?? "-",
        step.bytes.map { NumberText.decimal(Double($0) / 1e6, places: 2) } ?? "-",
        step.roofShare.map { NumberText.percent($0) } ?? "-", NumberText.percent(step.share), bar,
      ])
    }
    let sum = steps.reduce(0) { $0 + $1.milliseconds }
    return "\n" + table.text + "\nall calls: \(NumberText.decimal(sum, places: 3)) ms\n\n"
  }
}
