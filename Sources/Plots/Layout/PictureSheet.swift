internal import Failures
public import ImageFiles

/// Pictures in groups, each with its texts below: a sheet that is drawn as figures are.
public struct PictureSheet: Equatable, Sendable {
  /// One picture.
  public struct Picture: Equatable, Sendable {
    /// What it shows, grey or coloured.
    public var image: PixelImage
    /// What is shown when the pointer rests on it.
    public var hint: String

    /// A picture of its parts.
    public init(_ image: PixelImage, hint: String) { (self.image, self.hint) = (image, hint) }
  }

  /// Pictures that belong together, side by side.
  public struct Group: Equatable, Sendable {
    /// From left to right.
    public var pictures: [Picture]
    /// The line below, and what stands in two smaller ones below that.
    public var heading, detail: String

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

  /// This sheet as an SVG document, the same bytes every time, and its size in units of the theme.
  ///
  /// - Parameters:
  ///   - theme: sizes and units.
  ///   - width: in units of the theme; its own unless given.
  /// - Throws: `Failure(.usage)` where that is too small for a group; others where a picture cannot be written.
  public func svg(
    theme: Theme = .screen, width: Double? = nil
  ) throws -> (document: [UInt8], width: Double, height: Double) {
    let scene = try scene(theme, width: width ?? theme.width)
    var writer = SVGWriter()
    writer.write(scene)
    return (Array(writer.text.utf8), scene.width, scene.height)
  }

  /// What stays free beside a picture, in sizes of texts.
  private static let gap = 0.5
  /// How many pixels a picture is enlarged to in a size of texts: programs that smooth what they enlarge, as librsvg does,
  /// then have little to smooth.
  private static let pixelsPerSize = 35.0

  private func scene(_ theme: Theme, width: Double) throws -> Scene {
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
      try draw(group, x: x, y: y + Double(place / across) * rowHeight, width: groupWidth, into: &scene)
    }
    y += Double((groups.count + across - 1) / across) * rowHeight
    for line in TextWidths.wrapped(caption, to: inner / (0.85 * em), atMost: 6) {
      scene.write(line, x: margin, y: y + 0.5 * em, style: "u")
      y += 1.1 * em
    }
    scene.height = (y + margin).rounded(.up)
    return scene
  }

  private func draw(_ group: Group, x: Double, y: Double, width: Double, into scene: inout Scene) throws {
    let em = scene.theme.fontSize
    for (place, picture) in group.pictures.enumerated() {
      // As large as the square allows, at its lower edge.
      let image = picture.image.enlarged(toFit: Int(side * Self.pixelsPerSize))
      let scale = side * em / Double(max(image.width, image.height, 1))
      let (width, height) = (scale * Double(image.width), scale * Double(image.height))
      let address = dataAddress(of: try image.pngBytes(), type: "image/png")
      let left = x + Double(place) * (side + Self.gap) * em
      scene.add(
        .picture(.init(x: left, y: y + side * em - height), width: width, height: height, address), "i",
        hint: picture.hint)
    }
    scene.write(TextWidths.shortened(group.heading, to: width / em), x: x, y: y + (side + 0.9) * em)
    for (place, line) in TextWidths.wrapped(group.detail, to: width / (0.85 * em), atMost: 2).enumerated() {
      scene.write(line, x: x, y: y + (side + 2.1 + 1.1 * Double(place)) * em, style: "u")
    }
  }
}
