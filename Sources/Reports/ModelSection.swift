internal import Records
internal import ToolSupport

/// Where each model comes from: its file, and the lines of a shell that made it.
struct ModelSection {
  let html: String

  init(_ models: [Report.Model], _ scores: [ScoreRecord], _ names: Names) {
    var html = ""
    for model in models {
      html += "<h3>\(HTML.escaped(model.path))</h3>\n"
      let facts = [model.architecture, model.digest.map { "digest \($0)" } ?? ""].filter { !$0.isEmpty }
      if !facts.isEmpty { html += HTML.paragraph(facts.joined(separator: ", "), style: "digest") }
      html += HTML.shell(model.commands)
    }
    var missing: [String] = []
    for digest in scores.map(\.setting.model)
    where !missing.contains(digest) && !models.contains(where: { $0.digest == digest }) { missing.append(digest) }
    if !missing.isEmpty {
      html += HTML.paragraph("Of these models no file was given, so what made them is not known here:")
      html += "<ul>\n"
      for digest in missing.prefix(100) {
        let (name, text) = (names.model(digest), HTML.escaped(digest))
        html += "<li class=\"digest\">\(digest.hasPrefix(name) ? text : "\(HTML.escaped(name)), \(text)")</li>\n"
      }
      html += "</ul>\n"
    }
    self.html = html
  }
}

/// What the records say of whether attacks are to be trusted.
struct DiagnosisSection {
  let html: String

  init(_ diagnoses: [DiagnosisRecord], _ names: Names) {
    html = diagnoses.map { diagnosis in
      var table = HTMLTable([
        .words("sign"), .numbers("value"), .numbers("threshold"), .words("verdict"), .words("what to do"),
      ])
      for sign in diagnosis.indicators {
        table.add([
          .init(sign.name), .init(NumberText.significant(sign.value)), .init(NumberText.significant(sign.threshold)),
          .init(sign.fires ? "suspicious" : "sound"), .init(sign.fires ? sign.advice : ""),
        ])
      }
      let heading = "\(names.line(diagnosis.setting)), \(NumberText.count(diagnosis.count, "image"))"
      return "<h3>\(HTML.escaped(heading))</h3>\n" + (table.isEmpty ? "" : table.html)
    }.joined()
  }
}
