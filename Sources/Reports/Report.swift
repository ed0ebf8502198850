internal import Failures
internal import Plots
internal import Records
internal import ToolSupport

/// All that a report shows, from which its page is made.
public struct Report: Sendable {
  /// A model file, looked at.
  public struct Model: Sendable {
    /// Its path.
    public var path: String
    /// The model's digest; nil where the file is of another tool.
    public var digest: String?
    /// The network's name, or empty.
    public var architecture: String
    /// What its classes are called, by label; may be empty.
    public var classNames: [String]
    /// How it came to be, as lines for a shell, or a comment that says that it is unknown.
    public var commands: [String]

    /// A model of its parts.
    public init(path: String, digest: String?, architecture: String, classNames: [String], commands: [String]) {
      (self.path, self.digest, self.architecture) = (path, digest, architecture)
      (self.classNames, self.commands) = (classNames, commands)
    }
  }

  /// The line above.
  public var title = "Robustness report"
  /// Where everything came from, by name.
  public var sources: [String] = []
  /// The model files that were given.
  public var models: [Model] = []
  /// The sets that were given, with their pictures.
  public var galleries: [Gallery] = []
  /// What was left out, and why.
  public var notes: [String] = []
  /// Of records.
  public let fold: ReportFold

  /// A report of what `fold` has taken in.
  public init(_ fold: ReportFold) { self.fold = fold }

  /// The page: HTML with all that it needs in it, the same bytes for the same facts.
  ///
  /// - Throws: `Failure(.data)` where nothing was measured and no model is shown, or predictions and scores disagree.
  public func page() throws -> [UInt8] {
    let scores = try fold.scores()
    let hasEpochs = try !fold.training.isEmpty
    guard !scores.all.isEmpty || !models.isEmpty || hasEpochs else {
      throw Failure(
        .data, "no prediction, score, fooling-rate or epoch records, and no models; there is nothing to report")
    }
    let names = Names(of: self, scores.all.map(\.setting))
    let summary = SummarySection(scores.all, names)
    let figures = FigureSection(scores.all, fold, names)
    let sections = [
      HTML.section("care", "Read with care", cautions(scores.flawed, names, summary.notes + figures.notes)),
      HTML.section("summary", "Accuracy and fooling rate", summary.html),
      HTML.section("figures", "Figures", figures.html),
      HTML.section("pictures", "Pictures", try GallerySection(galleries, fold, names).html()),
      HTML.section("classes", "By class", ClassSection(fold, names).html),
      HTML.section("diagnoses", "Signs of a weak attack", DiagnosisSection(fold.diagnoses, names).html),
      HTML.section("models", "How the models came to be", ModelSection(models, scores.all, names).html),
      HTML.section("commands", "Commands", commands),
      HTML.section("records", "Records", records(summary)),
    ]
    return Array(Page.html(title: title, introduction: introduction, sections: sections).utf8)
  }

  private var introduction: String {
    let more = sources.count > 12 ? " and \(sources.count - 12) more" : ""
    let origin = sources.isEmpty ? "" : " of \(sources.prefix(12).joined(separator: ", "))\(more)"
    return NumberText.grouped(fold.count) + (fold.count == 1 ? " record" : " records") + origin
      + ". Accuracy is the share of images that are classified rightly, the fooling rate that of images whose class changes; "
      + "intervals are Wilson's, 95 %. Epsilon is in pixel units of 0 to 1, rotations are in degrees, translations in pixels."
  }

  /// What a reader should know before the numbers.
  private func cautions(_ flawed: [ScoreRecord], _ names: Names, _ others: [String]) -> String {
    var lines = notes + others + fold.errors.map { "A program before said: \($0)" }
    for diagnosis in fold.diagnoses {
      for sign in diagnosis.indicators where sign.fires {
        lines.append(
          "\(names.line(diagnosis.setting)): \(sign.name) is \(NumberText.significant(sign.value)), above "
            + "\(NumberText.significant(sign.threshold)): \(sign.advice)")
      }
    }
    for score in flawed {
      if score.tally.failed > 0 {
        let reason = fold.details.first { $0.setting == score.setting }?.failure.map { ": \($0)" } ?? ""
        lines.append(
          "\(names.line(score.setting)): failed for \(score.tally.failed) of \(score.tally.count) images\(reason)")
      }
      let loss = score.setting.parameters?["loss"]?.string
      if let line = PredictionFlaws.zeroGradients(score.tally.zeroGradientShare, loss: loss) {
        lines.append("\(names.line(score.setting)): \(line)")
      }
    }
    for verification in fold.verifications where !verification.holds {
      lines.append("\(verification.path): does not keep its promise; see cusp-verify")
    }
    if fold.repeatedCount > 0 {
      lines.append("\(NumberText.count(fold.repeatedCount, "record")) came twice and count once")
    }
    guard !lines.isEmpty else { return "" }
    let shown = lines.prefix(100).map { "<li>\(HTML.escaped($0))</li>\n" }.joined()
    let rest = lines.count > 100 ? HTML.paragraph("And \(lines.count - 100) more.") : ""
    return "<ul class=\"caution\">\n\(shown)</ul>\n\(rest)"
  }

  /// What was run, as the streams say.
  private var commands: String {
    let lines = fold.runs.map { run in
      ShellText.command([run.tool] + run.arguments) + "  # \(run.version), seed \(run.seed)"
    }
    return lines.isEmpty ? "" : HTML.shell(lines)
  }

  /// What the numbers were made of, to be saved from the page.
  private func records(_ summary: SummarySection) -> String {
    var links: [String] = []
    if let table = summary.commaSeparated {
      links.append(HTML.download("The table above (CSV)", table, file: "summary.csv", type: "text/csv"))
    }
    let kept = fold.kept
    if kept.count > 0 {
      let left = kept.leftOut.predictions + kept.leftOut.others
      let words =
        left == 0 ? "All records" : "\(NumberText.grouped(kept.count)) of \(NumberText.grouped(fold.count)) records"
      links.append(
        HTML.download("\(words) (NDJSON)", kept.bytes, file: "records.ndjson", type: "application/x-ndjson"))
    }
    guard !links.isEmpty else { return "" }
    var html = "<ul>\n" + links.map { "<li>\($0)</li>\n" }.joined() + "</ul>\n"
    let left = kept.leftOut
    if left.predictions + left.others > 0 {
      html += HTML.paragraph(
        "Left out of this file, though counted above, lest it grow: \(NumberText.grouped(left.predictions)) predictions and "
          + "\(NumberText.grouped(left.others)) other records.")
    }
    return html
  }
}
