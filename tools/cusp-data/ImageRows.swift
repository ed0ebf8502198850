import Datasets
import ImageFiles
import Plots
import Tensors
import ToolSupport

/// Images in a terminal, side by side over the names of their classes.
struct ImageRows {
  /// How many columns the terminal has.
  let columns: Int
  private let blocks = HalfBlocks(isColoured: Terminal.showsColours)

  /// Rows for a terminal of `columns` columns.
  init(columns: Int) { self.columns = max(1, columns) }

  /// As many of the first images as fit in one row, made smaller until four do.
  func strip(of images: LabeledImages) -> String {
    let width = images.imageShape[2]
    let factor = max(1, (4 * (width + 1) + columns - 1) / columns)
    let count = max(1, columns / (width / factor + 1))
    return row(images.prefix(count), factor: factor)
  }

  /// All images, as many in a row as fit.
  func rows(of images: LabeledImages) -> String {
    let width = images.imageShape[2]
    let factor = max(1, (width + columns - 1) / columns)
    let count = max(1, columns / (width / factor + 1))
    return stride(from: images.indices.lowerBound, to: images.indices.upperBound, by: count).map { start in
      row(images[start..<min(start + count, images.indices.upperBound)], factor: factor)
    }.joined(separator: "\n")
  }

  /// Images side by side, each `factor` times smaller, and their classes.
  private func row(_ images: LabeledImages, factor: Int) -> String {
    let sizes = images.imageShape.sizes
    // Of other channels the first are shown.
    let channels = sizes[0] >= 3 ? 3 : 1
    let pictures = images.indices.map { index in
      PixelImage(
        planes: images.bytes(of: index).prefix(channels * sizes[1] * sizes[2]), width: sizes[2], height: sizes[1],
        channels: channels)
    }
    let width = HalfBlocks.columns(of: sizes[2], factor: factor)
    let names = images.indices.map { index in
      let short = images.classNames[images.label(of: index)].prefix(width)
      return short + String(repeating: " ", count: width - short.count)
    }.joined(separator: " ")
    return (blocks.lines(of: pictures, factor: factor) + [names]).map { $0 + "\n" }.joined()
  }
}
