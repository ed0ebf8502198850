import Failures
import Files

/// A folder of images, one folder a class, listed as torchvision's `ImageFolder` lists it and not read.
///
/// Classes are the folders, in the order of their names' characters; the images of a class are all files below its folder
/// with the ending of an image, in the order of their folders' paths, then of their names. A class may be without images.
public struct ImageFolder: Sendable {
  /// An image's file.
  public struct Entry: Hashable, Sendable {
    /// Where it is.
    public let path: String
    /// Its class.
    public let label: Int

    /// Its name without folders and ending.
    public var stem: String {
      let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
      return String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
    }
  }

  /// The folder's path.
  public let path: String
  /// The names of the classes, by label.
  public let classNames: [String]
  /// The images, class by class.
  public let entries: [Entry]

  private static let endings = [".png", ".jpg", ".jpeg"]
  /// Endings that torchvision takes as well: to leave such files out would move all that follow.
  private static let otherEndings = [".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"]
  /// The most folders in each other, so that links that lead back come to an end.
  private static let mostDepth = 32
  /// The most classes, as of any file with labels.
  static let mostClasses = 1 << 16

  /// The folder at `path`.
  ///
  /// - Throws: `.noInput` if there is none, or no folder of a class in it; `.data` for images in formats that are not read,
  ///   for folders without end, and if there is no image at all.
  public init(path: String) throws {
    self.path = path
    classNames = try folderEntries(path).filter(\.isFolder).map(\.name)
    guard !classNames.isEmpty else {
      throw Failure(.noInput, "\(path): holds no folders, expected one a class with its images; check the path")
    }
    guard classNames.count <= Self.mostClasses else {
      throw Failure(.data, "\(path): has \(classNames.count) folders, at most \(Self.mostClasses) classes are read")
    }
    var entries: [Entry] = []
    for (label, name) in classNames.enumerated() {
      var folders: [String] = []
      try Self.append("\(path)/\(name)", depth: 0, to: &folders)
      let ordered = folders.map { (PathText.bytes($0), $0) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
      for (_, folder) in ordered {
        entries += try Self.images(in: folder).map { Entry(path: $0, label: label) }
      }
    }
    guard !entries.isEmpty else {
      throw Failure(
        .data, "\(path): no folder in it holds an image that ends in \(Self.endings.joined(separator: ", "))")
    }
    self.entries = entries
  }

  /// Appends `folder` and all folders below it.
  private static func append(_ folder: String, depth: Int, to folders: inout [String]) throws {
    guard depth < mostDepth else {
      throw Failure(.data, "\(folder): more than \(mostDepth) folders in each other; does a link lead back?")
    }
    folders.append(folder)
    for entry in try folderEntries(folder) where entry.isFolder {
      try append("\(folder)/\(entry.name)", depth: depth + 1, to: &folders)
    }
  }

  /// The images in `folder` itself.
  private static func images(in folder: String) throws -> [String] {
    try folderEntries(folder).filter { !$0.isFolder }.compactMap { entry in
      let (path, name) = ("\(folder)/\(entry.name)", entry.name.lowercased())
      guard !otherEndings.contains(where: name.hasSuffix) else {
        throw Failure(.data, "\(path): images are read from PNG and JPEG alone; convert it to PNG")
      }
      return endings.contains(where: name.hasSuffix) ? path : nil
    }
  }

  /// Where the images of `split` are in the folder at `path`: in `train`, and in `test` or `val`, where these are all the
  /// folders in it; else in itself, for both splits.
  ///
  /// - Throws: `.noInput` if there is no folder at `path`.
  static func place(of split: Split, in path: String) throws -> String {
    guard try isSplit(path) else { return path }
    let name = split == .train || folderExists(at: "\(path)/test") ? split.rawValue : "val"
    return "\(path)/\(name)"
  }

  /// Whether the folder at `path` holds a folder a split.
  ///
  /// - Throws: `.noInput` if there is no folder at `path`.
  static func isSplit(_ path: String) throws -> Bool {
    let names = Set(try folderEntries(path).filter(\.isFolder).map(\.name))
    return names.count > 1 && names.contains("train") && names.isSubset(of: ["train", "test", "val"])
  }
}
