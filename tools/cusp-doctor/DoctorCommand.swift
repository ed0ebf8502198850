// What this machine and this build can do, and what would be slow, missing or broken:
//   cusp doctor

import ArgumentParser
import Records
import ToolOptions
import ToolSupport

@main
struct DoctorCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-doctor", abstract: "Tell what this machine can do, and what would be slow and why.",
    examples: ["cusp doctor", "cusp doctor --format ndjson | jq -r .advice"],
    discussion: """
      Tries the engine, HDF5, and what figures and fetching need, and looks at cores, memory and disk. Takes a second or \
      two. Exit status 1 says that something is broken.
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    let machine = MachineExamination(threads: engine.threadCount)
    let parts = PartsExamination(engine: engine, diagnostics: context.diagnostics)
    let findings =
      [FindingRecord(name: "cusp", value: toolVersion)] + machine.findings + parts.findings + DiskExamination().findings
    try context.output.write(
      findings, as: format.format(for: context.output), text: FindingPage(findings).text)
    if findings.contains(where: { $0.state == .broken }) { throw ExitCode(1) }
  }
}
