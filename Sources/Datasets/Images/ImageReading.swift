import Failures
import ImageFiles
import Tensors

/// The images of `split` in the folder at `path`, the first `limit` of them, each made `fit`, else as large as the images
/// `[c, h, w]` of `shape` that a model takes, else as they are, all of one size.
func readImageFolder(
  path: String, _ fit: ImageFit?, for shape: Shape?, name: String, _ split: Split, limit: Int?
) throws -> LabeledImages {
  let folder = try ImageFolder(path: ImageFolder.place(of: split, in: path))
  let entries = limit.map { Array(folder.entries.prefix($0)) } ?? folder.entries
  return try LabeledImages(
    entries, fit, for: shape, name: name, split, classNames: folder.classNames, place: folder.path)
}

/// The one image in the file at `path`, of the class `label`.
func readImage(path: String, label: Int, for shape: Shape?, name: String, _ split: Split) throws -> LabeledImages {
  try LabeledImages(
    [ImageFolder.Entry(path: path, label: label)], nil, for: shape, name: name, split,
    classNames: numberNames(label + 1), place: path)
}

extension LabeledImages {
  /// The most bytes that images take which say themselves how large they are, and those of a size that is asked for.
  private static let (mostBytes, mostFittedBytes) = (1 << 30, 1 << 34)

  fileprivate init(
    _ entries: [ImageFolder.Entry], _ fit: ImageFit?, for shape: Shape?, name: String, _ split: Split,
    classNames: [String], place: String
  ) throws {
    let target = try ImageTarget(entries, fit, for: shape)
    let size = target.shape.count
    let most = target.isAskedFor ? Self.mostFittedBytes : Self.mostBytes
    guard entries.count <= most / max(1, size) else {
      let what = "\(entries.count) images [\(target.shape)]"
      throw Failure(.data, "\(place): \(what) are more than \(most >> 20) MiB; take fewer by --limit, or smaller ones")
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(entries.count * size)
    for entry in entries { pixels += try target.planes(of: ImageFile(path: entry.path)) }
    try self.init(
      name: name, split: split, imageShape: target.shape, pixels: .bytes(pixels), labels: entries.map(\.label),
      classNames: classNames, place: place)
  }
}

/// What images of any size are made.
private struct ImageTarget {
  /// `[c, h, w]`.
  let shape: Shape
  /// Whether the size is not the files' own.
  let isAskedFor: Bool
  private let fit: ImageFit?

  /// What `entries` become by `fit`, or for a model that takes `shape`.
  init(_ entries: [ImageFolder.Entry], _ fit: ImageFit?, for shape: Shape?) throws {
    let channels: Int
    (channels, self.fit, isAskedFor) = (
      try shape?[0] ?? Self.channels(entries), fit ?? shape.flatMap(Self.fit), fit != nil || shape != nil
    )
    guard [1, 3].contains(channels) else {
      throw Failure(.data, "the model takes images of \(channels) channels, and image files have 1 or 3")
    }
    if let fit {
      self.shape = [channels, fit.side, fit.side]
    } else if let shape {
      self.shape = shape
    } else {
      let first = try entries.first.map { try ImageFile(path: $0.path) }
      self.shape = [channels, first?.height ?? 0, first?.width ?? 0]
    }
  }

  /// The fit for a model that takes `shape`: the whole shorter side; none for one that takes no squares.
  private static func fit(_ shape: Shape) -> ImageFit? { shape[1] == shape[2] ? ImageFit(side: shape[1]) : nil }

  /// 1 if all images are grey, else 3.
  private static func channels(_ entries: [ImageFolder.Entry]) throws -> Int {
    try entries.contains { try ImageFile(path: $0.path).channels > 1 } ? 3 : 1
  }

  /// The bytes `[c, h, w]` of `file`.
  func planes(of file: ImageFile) throws -> [UInt8] {
    let isThere = file.height == shape[1] && file.width == shape[2]
    guard fit != nil || isThere else {
      let advice = isAskedFor ? "give it that size" : "name a size, as in folder:224:DIR"
      let sizes = "\(file.width)x\(file.height) pixels, expected \(shape[2])x\(shape[1])"
      throw Failure(.data, "\(file.name): has \(sizes); \(advice)")
    }
    let image = try file.pixels().converted(toChannels: shape[0])
    return (fit.map(image.fitted) ?? image).planes
  }
}
