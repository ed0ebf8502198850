public import Failures

/// Pictures in groups, each with its texts below: a sheet that is drawn as figures are.
public struct PictureSheet: Equatable, Sendable {
  /// One picture.
  public struct Picture: Equatable, Sendable {
    /// The address of its file, which a document of one file holds itself: see `dataAddress(of:type:)`.
    public var address: String
    /// Its size in pixels.
    public var width, height: Int
    /// What is shown when the pointer rests on it.
    public var hint: String

    /// A picture of its parts.
    public init(address: String, width: Int, height: Int, hint: String) {
      (self.address, self.width, self.height, self.hint) = (address, width, height, hint)
    }
  }

  /// Pictures that belong together, side by side.
  public struct Group: Equatable, Sendable {
    /// From left to right.
    public var pictures: [Picture]
    /// The line below, and what stands in two smaller ones below that.
    public var heading, detail: String

    /// Both in a line.
    var text: String { heading + (detail.isEmpty ? "" : "  \(detail)") }

    /// A group of its parts.
    public init(pictures: [Picture], heading: String, detail: String) {
      (self.pictures, self.heading, self.detail) = (pictures, printable(heading), printable(detail))
    }
  }

  /// The line above; empty for none.
  public var title: String
  /// What the pictures are of.
  public var caption: String
  /// In the order of reading.
  public var groups: [Group]
  /// The side of the square that a picture lies in, in sizes of texts.
  public var side: Double

  /// A sheet of its parts.
  public init(title: String = "", caption: String, groups: [Group], side: Double = 5.5) {
    (self.title, self.caption, self.groups) = (printable(title), printable(caption), groups)
    self.side = side
  }

  /// The sheet as lines of text, one a group.
  public var text: String {
    ([title].filter { !$0.isEmpty } + groups.map(\.text) + [caption])
      .map { $0 + "\n" }.joined()
  }

  /// This sheet as an SVG document, the same bytes every time, and its size in units of the theme.
  ///
  /// - Parameters:
  ///   - theme: sizes and units.
  ///   - width: in units of the theme; its own unless given.
  /// - Throws: `Failure(.usage)` where that is too small for a group.
  public func svg(
    theme: Theme = .screen, width: Double? = nil
  ) throws(Failure) -> (document: [UInt8], width: Double, height: Double) {
    let scene = try scene(theme, width: width ?? theme.width)
    var writer = SVGWriter()
    writer.write(scene)
    return (Array(writer.text.utf8), scene.width, scene.height)
  }

  /// What stays free beside a picture, in sizes of texts.
  private static let gap = 0.5

  private func scene(_ theme: Theme, width: Double) throws(Failure) -> Scene {
    let em = theme.fontSize
    let margin = 0.8 * em
    let most = Double(groups.map(\.pictures.count).max() ?? 1)
    let groupWidth = (most * (side + Self.gap) - Self.gap) * em
    let inner = width - 2 * margin
    guard inner >= groupWidth, width >= 20 * em else {
      let least = Int(max(groupWidth + 2 * margin, 20 * em).rounded(.up))
      throw Failure(.usage, "--size: too narrow for pictures; give a width of \(least) or more")
    }
    var scene = Scene(width: width, height: 0, theme: theme, title: title, description: caption)
    var y = margin
    for line in TextWidths.wrapped(title, to: inner / (1.2 * em), atMost: 2) {
      scene.write(line, x: margin, y: y + 0.6 * em, style: "h")
      y += 1.6 * em
    }
    let across = max(1, Int((inner + 1.5 * em) / (groupWidth + 1.5 * em)))
    let rowHeight = (side + (groups.allSatisfy(\.detail.isEmpty) ? 2.0 : 4.4)) * em
    for (place, group) in groups.enumerated() {
      let x = margin + Double(place % across) * (groupWidth + 1.5 * em)
      draw(group, x: x, y: y + Double(place / across) * rowHeight, width: groupWidth, into: &scene)
    }
    y += Double((groups.count + across - 1) / across) * rowHeight
    for line in TextWidths.wrapped(caption, to: inner / (0.85 * em), atMost: 6) {
      scene.write(line, x: margin, y: y + 0.5 * em, style: "u")
      y += 1.1 * em
    }
    scene.height = (y + margin).rounded(.up)
    return scene
  }

  private func draw(_ group: Group, x: Double, y: Double, width: Double, into scene: inout Scene) {
    let em = scene.theme.fontSize
    for (place, picture) in group.pictures.enumerated() {
      // As large as the square allows, at its lower edge.
      let scale = side * em / Double(max(picture.width, picture.height, 1))
      let (width, height) = (scale * Double(picture.width), scale * Double(picture.height))
      let left = x + Double(place) * (side + Self.gap) * em
      scene.add(
        .picture(.init(x: left, y: y + side * em - height), width: width, height: height, picture.address), "i",
        hint: picture.hint)
    }
    scene.write(TextWidths.shortened(group.heading, to: width / em), x: x, y: y + (side + 0.9) * em)
    for (place, line) in TextWidths.wrapped(group.detail, to: width / (0.85 * em), atMost: 2).enumerated() {
      scene.write(line, x: x, y: y + (side + 2.1 + 1.1 * Double(place)) * em, style: "u")
    }
  }
}
