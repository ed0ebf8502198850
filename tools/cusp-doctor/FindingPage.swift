import Records
import ToolSupport

/// Findings for people: a line each, and below them what is not fine, with what to do.
struct FindingPage {
  private let findings: [FindingRecord]

  init(_ findings: [FindingRecord]) { self.findings = findings }

  var text: String {
    var table = TextTable([.words("what"), .words(""), .words("found")])
    for finding in findings { table.add([finding.name, finding.state.rawValue, finding.value]) }
    let advice = findings.compactMap { finding in
      finding.advice.map { Diagnostics.printable("\(finding.name): \($0)") + "\n" }
    }
    return table.text + (advice.isEmpty ? "" : "\n" + advice.joined())
  }
}
