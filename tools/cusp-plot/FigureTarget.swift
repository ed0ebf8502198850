import Failures
import Files
import Plots
import Records
import ToolSupport
import VectorGraphics

/// Where a figure goes, and as what.
struct FigureTarget {
  private let path: String?
  private let form: OutputForm
  private let size: FigureSize?
  private let theme: Theme
  private let context: ToolContext
  private let isFollowing: Bool

  /// - Throws: `Failure(.usage)` for a form that has no place to go, `Failure(.noInput)` where librsvg is missing.
  init(
    path: String?, form: OutputForm?, size: FigureSize?, theme: FigureTheme, isFollowing: Bool, context: ToolContext
  ) throws {
    (self.path, self.size, self.theme, self.context) = (path, size, theme.theme, context)
    self.isFollowing = isFollowing
    if let path {
      guard let ending = form ?? OutputForm(ending: path) else {
        throw Failure(.usage, "--output \(path): end the name in .svg, .png, .pdf or .json, or say which with --as")
      }
      self.form = ending
    } else {
      self.form = form ?? (context.output.isTerminal ? Self.form(for: context.output, isFollowing) : .svg)
      if [.png, .pdf].contains(self.form) && context.output.isTerminal {
        throw Failure(.usage, "--as \(self.form.rawValue): standard output is a terminal; name a file with --output")
      }
      guard !isFollowing || ([.text, .kitty, .sixel].contains(self.form) && context.output.isTerminal) else {
        throw Failure(.usage, "--follow: standard output is no terminal; name a file with --output")
      }
    }
    guard self.size == nil || self.form == .svg || self.form.isDrawn else {
      throw Failure(.usage, "--size means nothing for \(self.form.rawValue); leave it out")
    }
    // Before any work.
    if self.form.isDrawn { _ = try SVGRenderer() }
  }

  /// Graphics where `terminal` shows them and they can be drawn, else text; what is drawn again and again is text.
  private static func form(for terminal: StandardOutput, _ isFollowing: Bool) -> OutputForm {
    guard !isFollowing, let graphics = terminal.findGraphics(), (try? SVGRenderer()) != nil else { return .text }
    return graphics == .kitty ? .kitty : .sixel
  }

  /// The width that was asked for; where graphics go to a terminal, at most its own.
  private var width: Double? {
    guard size == nil, theme == .screen, form == .kitty || form == .sixel, path == nil,
      let pixels = context.output.pixelColumns
    else { return size?.width }
    return min(theme.width, max(Self.leastWidth, Double(pixels)))
  }

  /// In which every figure and sheet has room.
  private static let leastWidth = 400.0

  /// Whether colours go with a text.
  private var isColoured: Bool { isShown && Terminal.showsColours }

  /// Whether people see it in a terminal.
  private var isShown: Bool { path == nil && context.output.isTerminal }

  /// Writes `figure`; with `--follow` it takes the place of the one before.
  func write(_ figure: Figure, isLast: Bool) throws {
    try write(bytes(figure))
  }

  /// Writes a sheet of pictures.
  ///
  /// - Throws: `Failure(.usage)` for a form or size that pictures have not.
  func write(_ sheet: PictureSheet) throws {
    guard form != .vegaLite else {
      throw Failure(.usage, "--as vega-lite: pictures are no data; take svg, png, pdf or text")
    }
    guard size?.height == nil else { throw Failure(.usage, "--size: pictures are as high as they are; give a width") }
    guard form == .text else { return try write(bytes(sheet.svg(theme: theme, width: width))) }
    let text = isShown ? sheet.text(columns: Terminal.columns, isColoured: isColoured) : sheet.text
    try write(Array(text.utf8))
  }

  private func write(_ bytes: [UInt8]) throws {
    if let path { return try writeFile(at: path, bytes: bytes) }
    // From the upper left corner, and what is left of the figure before is cleared.
    if isFollowing { try context.output.write("\u{1B}[H\u{1B}[J" + (form == .kitty ? KittyGraphics.clearing : "")) }
    try context.output.write { $0.append(bytes) }
    try context.output.flush()
  }

  private func bytes(_ figure: Figure) throws -> [UInt8] {
    switch form {
    case .text:
      return Array(figure.text(columns: Terminal.columns, isColoured: isColoured).utf8)
    case .vegaLite: return figure.vegaLite.bytes + [0x0A]
    case .svg, .png, .pdf, .kitty, .sixel:
      return try bytes(figure.svg(theme: theme, width: width, height: size?.height))
    }
  }

  /// What is drawn, in the form of this target.
  private func bytes(_ drawing: (document: [UInt8], width: Double, height: Double)) throws -> [UInt8] {
    let (document, width, height) = drawing
    switch form {
    case .text, .vegaLite, .svg: return document
    case .png, .kitty, .sixel:
      // Points are printed: 300 of them an inch.
      let scale = theme == .paper ? 300.0 / 72 : 1
      let (columns, rows) = (Int((width * scale).rounded()), Int((height * scale).rounded()))
      let renderer = try SVGRenderer()
      if form == .sixel {
        return SixelGraphics.bytes(of: try renderer.pixels(document, width: columns, height: rows))
      }
      let png = try renderer.png(document, width: columns, height: rows)
      return form == .png ? png : KittyGraphics.bytes(png: png)
    case .pdf:
      let scale = theme == .paper ? 1 : 0.75
      return try SVGRenderer().pdf(document, width: width * scale, height: height * scale)
    }
  }
}
