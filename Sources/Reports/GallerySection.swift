internal import ImageFiles
internal import Pictures
internal import Plots
internal import Records
internal import ToolSupport

/// The pictures of saved sets, or how to come by some.
struct GallerySection {
  /// How many bytes all pictures of a page take together, about a hundred of 32x32 in colours three times.
  static let room = 1_150_000
  /// The side in pixels that larger square images are shown with.
  static let side = 96

  private let galleries: [Gallery]
  private let fold: ReportFold
  private let names: Names

  init(_ galleries: [Gallery], _ fold: ReportFold, _ names: Names) {
    (self.galleries, self.fold, self.names) = (galleries, fold, names)
  }

  /// The section, within `room`.
  ///
  /// - Throws: `Failure` where a picture cannot be written.
  func html() throws -> String {
    guard !galleries.isEmpty else { return advice }
    var (html, left, leftOut) = ("", Self.room, 0)
    html += HTML.paragraph(
      "Each shows the clean image, the perturbed one, and ten times what the attack added to the image in its pose, grey where "
        + "nothing changed.")
    for gallery in galleries {
      let successes = NumberText.count(gallery.successes, "image")
      html += "<h3>\(HTML.escaped("\(names.line(gallery.setting)): \(gallery.name)"))</h3>\n"
      if gallery.nearest.isEmpty {
        html += HTML.paragraph("No image changed its class.")
        continue
      }
      for (order, pictures) in [("nearest", gallery.nearest), ("farthest", gallery.farthest)] where !pictures.isEmpty {
        html += "<h4>The \(pictures.count) \(order) of \(successes) that changed their class</h4>\n"
        html += "<div class=\"gallery\">\n"
        for picture in pictures {
          let tile = try tile(picture)
          guard tile.utf8.count <= left else {
            leftOut += 1
            continue
          }
          left -= tile.utf8.count
          html += tile
        }
        html += "</div>\n"
      }
    }
    if leftOut > 0 {
      html += HTML.paragraph("\(NumberText.count(leftOut, "picture")) had no room in this file; give fewer sets.")
    }
    return html
  }

  private func tile(_ picture: Gallery.Picture) throws -> String {
    var html = "<figure class=\"tile\">\n"
    for (name, image) in picture.named {
      let address = dataAddress(of: try shown(image).pngBytes(), type: "image/png")
      html += "<img alt=\"\(name)\" title=\"\(name)\" width=\"72\" height=\"72\" src=\"\(address)\">"
    }
    let (classes, facts) = picture.success.texts(names.className)
    html += "\n<figcaption><b>\(HTML.escaped(classes))</b> "
    return html + "\(HTML.escaped(facts))</figcaption>\n</figure>\n"
  }

  /// `image`, smaller where it is a large square.
  private func shown(_ image: PixelImage) -> PixelImage {
    let isLarge = image.width == image.height && image.width > Self.side
    return isLarge ? ImageFit(side: Self.side).map(image.fitted) ?? image : image
  }

  /// Where no set was given: the command lines that make one, of the first setting that has successes.
  private var advice: String {
    guard let details = fold.details.first(where: { !$0.successes.nearest.isEmpty }) else { return "" }
    let setting = details.setting
    var words = ["cusp-attack", "MODEL.h5"]
    if setting.attack == "none" {
      words.append("--spatial")
    } else {
      words += ["--\(setting.attack)"] + (setting.norm == "linf" ? [] : ["--norm", setting.norm])
      if let epsilon = setting.epsilon { words += ["--epsilon", NumberText.pixelDistance(epsilon)] }
    }
    if setting.rotation != 0 {
      words.append("--rotation\(setting.isRotationExact ? "-exact" : "")=\(NumberText.shortest(setting.rotation))")
    }
    if setting.translation != 0 { words += ["--translation", NumberText.shortest(setting.translation)] }
    if let total = setting.total { words += ["--limit", "\(total)"] }
    return HTML.paragraph("No saved set was given. This writes one beside its records, and shows its pictures here:")
      + HTML.shell([
        ShellText.command(words + ["--save", "set.npz"]) + " > set.ndjson",
        "cusp-report set.ndjson set.npz --output report.html",
      ])
  }
}
