import Failures
public import Files
import ImageFiles
import Tensors

/// Perturbed or changed images of a data set on their way into a folder that `ImageFolder` reads back: one 8-bit PNG an
/// image, named by its position in the original split, in one folder a class.
///
/// Classes keep their names where these can be names of folders and are in order; else they are named by their labels. All
/// have a folder, so that labels stay, and digits are filled up by zeros, so that names are in order.
public struct ImageFolderWriter {
  private let folder: FolderWriter
  private let images: LabeledImages
  private let classFolders: [String]

  /// Begins with `folder`, which is empty, for versions of all or some of `images`.
  ///
  /// - Throws: `.usage` for images of other channels than 1 or 3; as `makeFolder(at:writing:)`.
  public init(_ images: LabeledImages, into folder: FolderWriter) throws {
    try Self.check(images)
    (self.folder, self.images) = (folder, images)
    classFolders = Self.folders(images.classNames)
    for name in classFolders { try folder.makeFolder(name) }
  }

  /// Refuses images that no PNG holds.
  ///
  /// - Throws: `.usage`.
  public static func check(_ images: LabeledImages) throws {
    guard ![1, 3].contains(images.imageShape[0]) else { return }
    throw Failure(.usage, "\(images.name): images of \(images.imageShape[0]) channels, and PNG holds 1 or 3 of them")
  }

  /// Writes the version `pixels` `[c, h, w]` of 0...1, whole levels of 8 bits, of the image at `index`.
  ///
  /// - Throws: as `makeFolder(at:writing:)`.
  /// - Precondition: the images contain `index`, and there are as many pixels as it has.
  public func write(_ pixels: [Float], of index: Int) throws {
    let sizes = images.imageShape.sizes
    let image = PixelImage(
      planes: pixels.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }, width: sizes[2], height: sizes[1],
      channels: sizes[0])
    // Parts of a data set are named as in the whole.
    let name = Self.filled(index, below: images.labels.count)
    try folder.write(image.pngBytes(), to: "\(classFolders[images.label(of: index)])/\(name).png")
  }

  /// The folders of classes called `names`.
  static func folders(_ names: [String]) -> [String] {
    let bytes = names.map(PathText.bytes)
    let isInOrder = zip(bytes, bytes.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
    let areFileNames = zip(names, bytes).allSatisfy { name, bytes in
      (1...255).contains(bytes.count) && !bytes.contains(0) && !bytes.contains(UInt8(ascii: "/"))
        && ![".", ".."].contains(name)
    }
    return isInOrder && areFileNames ? names : names.indices.map { filled($0, below: names.count) }
  }

  /// `number` with as many digits as the last one below `end`.
  private static func filled(_ number: Int, below end: Int) -> String {
    let (digits, wanted) = (String(number), String(max(0, end - 1)).count)
    return String(repeating: "0", count: max(0, wanted - digits.count)) + digits
  }
}
