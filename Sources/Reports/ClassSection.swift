internal import Records
internal import ToolSupport

/// How the images of each true class fared, setting by setting.
struct ClassSection {
  /// The most settings that are shown, and classes of each.
  static let most = (settings: 12, classes: 50)

  let html: String

  init(_ fold: ReportFold, _ names: Names) {
    let shown = fold.details.prefix(Self.most.settings)
    var html = ""
    for details in shown {
      var rows = details.classes.rows
      html += "<h3>\(HTML.escaped(names.line(details.setting)))</h3>\n"
      if rows.count > Self.most.classes {
        html += HTML.paragraph("The \(Self.most.classes) of \(rows.count) classes that fared worst.")
        rows = Array(rows.sorted { ($0.accuracy, $0.label) < ($1.accuracy, $1.label) }.prefix(Self.most.classes))
      }
      html += Self.table(rows, names).html
    }
    let left = fold.details.count - shown.count
    if left > 0 {
      html += HTML.paragraph(
        "The other \(NumberText.count(left, "setting")) of predictions are left out; give their records alone to see them."
      )
    }
    self.html = html
  }

  private static func table(_ rows: [ClassCounts.Row], _ names: Names) -> HTMLTable {
    var table = HTMLTable([
      .words("true class"), .numbers("images"), .numbers("natural accuracy"), .numbers("accuracy"),
      .words("most often taken for"),
    ])
    for row in rows {
      let taken = row.commonest.map { "\(names.className($0.label)), \(NumberText.count($0.count, "image"))" } ?? "-"
      table.add([
        .init(names.className(row.label)), .init("\(row.count)"),
        SummarySection.share(row.naturallyCorrect, of: row.count), SummarySection.share(row.correct, of: row.count),
        .init(taken),
      ])
    }
    return table
  }
}
