import Failures
import Files
public import ImageFiles
public import Tensors

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What names a data set on a command line: `digits`, `mnist:DIR`, `folder:DIR`, ..., `FILE.npz`, or `canvas:40:` before any
/// of these.
public enum DatasetReference: Hashable, Sendable, CustomStringConvertible {
  /// The hand-written digits of 8x8 pixels that are built in.
  case digits
  /// A folder with a public data set in its original files.
  case folder(Family, path: String)
  /// A folder of image files, one folder a class, each made `fit`, or what a model takes where that is nil.
  case images(path: String, fit: ImageFit?)
  /// One image file, of a class by its number.
  case image(path: String, label: Int)
  /// A NumPy file with images and labels.
  case npz(path: String)
  /// An HDF5 file with images and labels.
  case hdf5(path: String)
  /// The images of another data set, each in the middle of a black canvas of so many pixels a side.
  indirect case canvas(side: Int, of: DatasetReference)

  /// The public data sets that are read from a folder.
  public enum Family: String, CaseIterable, Sendable {
    /// 28x28 hand-written digits.
    case mnist
    /// 28x28 articles of clothing.
    case fashion
    /// 28x28 cursive Japanese characters of 10 classes.
    case kmnist
    /// 28x28 letters and digits, the balanced set of 47 classes.
    case emnist
    /// 3x32x32 colour photographs of 10 classes.
    case cifar10
    /// 3x32x32 colour photographs of 100 classes.
    case cifar100
    /// 3x32x32 photographs of house numbers, a digit in the middle of each.
    case svhn
  }

  /// What names one, as people are told; `canvas:SIDE:` may come before.
  public static let choices =
    Family.allCases.reduce("digits") { "\($0), \($1.rawValue):DIR" }
    + ", folder:DIR, image:LABEL:FILE, FILE.npz or FILE.h5"

  /// What names one, as a shell is to complete it: `*` is a file, `*/` a folder, `#` a number.
  public static let patterns: [String] = {
    let folders = Family.allCases.map { "\($0.rawValue):*/" } + ["folder:*/", "folder:#:*/"]
    let all = ["digits"] + folders + ["image:#:*", "*.npz", "*.h5", "*.hdf5"]
    return all + all.map { "canvas:#:\($0)" }
  }()

  /// The data set that `text` names.
  ///
  /// - Throws: `.usage`, with the choices, if it names none.
  public init(_ text: String) throws {
    // A shell puts the home folder in place of `~` only where a word begins.
    let text = text.replacing(":~/", with: getenv("HOME").map { ":\(PathText.text($0))/" } ?? ":~/")
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if text == "digits" {
      self = .digits
    } else if parts[0] == "canvas", parts.count == 2 {
      self = try Self.canvas(parts[1], in: text)
    } else if parts[0] == "folder" {
      self = try Self.images(parts.count == 2 ? parts[1] : "", in: text)
    } else if parts[0] == "image" {
      self = try Self.image(parts.count == 2 ? parts[1] : "", in: text)
    } else if let family = Family(rawValue: parts[0]) {
      self = .folder(family, path: parts.count == 1 ? try family.fetchedFolder() : try family.checked(parts[1]))
    } else if text.hasSuffix(".npz") {
      self = .npz(path: text)
    } else if text.hasSuffix(".h5") || text.hasSuffix(".hdf5") {
      self = .hdf5(path: text)
    } else {
      throw Failure(.usage, "\"\(text)\": not a data set; choose \(Self.choices)")
    }
  }

  /// The canvas that `description`, a side and a data set, means.
  private static func canvas(_ description: String, in text: String) throws -> DatasetReference {
    let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let side = Int(parts[0]), side > 0 else {
      throw Failure(.usage, "\(text): give a canvas its side in pixels and a data set, as in canvas:40:mnist:DIR")
    }
    return .canvas(side: side, of: try DatasetReference(parts[1]))
  }

  /// The folder of images that `description`, a path with or without a size before it, means.
  private static func images(_ description: String, in text: String) throws -> DatasetReference {
    let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let isSized = parts.count == 2 && !parts[0].isEmpty && parts[0].allSatisfy { "0123456789/".contains($0) }
    let (fit, path) = isSized ? (ImageFit(parts[0]), parts[1]) : (nil, description)
    guard !path.isEmpty, !isSized || fit != nil else {
      let sizes = "224 pixels a side or 224/256, those out of 256, up to \(ImageFit.mostPixels)"
      throw Failure(.usage, "\(text): write folder:DIR, or with a size folder:224:DIR; sizes are \(sizes)")
    }
    return .images(path: path, fit: fit)
  }

  /// The image that `description`, a label and a path, means.
  private static func image(_ description: String, in text: String) throws -> DatasetReference {
    let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[1].isEmpty, let label = Int(parts[0]), (0..<ImageFolder.mostClasses).contains(label)
    else { throw Failure(.usage, "\(text): give an image the number of its class and a file, as in image:281:cat.jpg") }
    return .image(path: parts[1], label: label)
  }

  /// The text that names this data set.
  public var description: String {
    switch self {
    case .digits: "digits"
    case .folder(let family, let path): "\(family.rawValue):\(path)"
    case .npz(let path), .hdf5(let path): path
    case .images(let path, let fit?): "folder:\(fit):\(path)"
    case .images(let path, nil): Self.isPlain(path) ? "folder:\(path)" : "folder:./\(path)"
    case .image(let path, let label): "image:\(label):\(path)"
    case .canvas(let side, let data): "canvas:\(side):\(data)"
    }
  }

  /// The data set's name without a path: `digits`, `mnist`, or that of the file without its ending.
  public var name: String {
    switch self {
    case .digits: return "digits"
    case .folder(let family, _): return family.rawValue
    case .images(let path, _): return path.split(separator: "/").last { $0 != "." }.map(String.init) ?? "folder"
    case .npz(let path), .hdf5(let path), .image(let path, _):
      let file = path.split(separator: "/").last ?? ""
      return String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)])
    case .canvas(_, let data): return data.name
    }
  }

  /// Whether `path` does not look as if it began with a size.
  private static func isPlain(_ path: String) -> Bool {
    (try? images(path, in: path)) == .images(path: path, fit: nil)
  }

  /// The images of `split`, at most the first `limit` of them.
  ///
  /// - Parameter shape: The shape `[c, h, w]` that a model takes, which image files are made; others have their own.
  /// - Throws: `.usage` for a limit below 1, or a canvas that the images do not suit; `.noInput` if a folder or file is
  ///   missing, naming it; `.data` if one is truncated, damaged, swapped with another or holds what is no image with a label.
  public func load(split: Split, limit: Int? = nil, for shape: Shape? = nil) throws -> LabeledImages {
    if let limit, limit < 1 { throw Failure(.usage, "a limit of \(limit) images leaves none; ask for at least 1") }
    let images = try read(split, limit: limit, for: shape)
    return limit.map(images.prefix) ?? images
  }

  private func read(_ split: Split, limit: Int?, for shape: Shape?) throws -> LabeledImages {
    switch self {
    case .digits: return try readDigits(split)
    case .folder(let family, let path):
      switch family {
      case .mnist, .fashion, .kmnist, .emnist: return try readMNIST(family, at: path, split)
      case .cifar10, .cifar100: return try readCIFAR(family, at: path, split)
      case .svhn: return try readSVHN(at: path, split)
      }
    case .npz(let path): return try readPair(NumPyPairs(path: path), name: name, split)
    case .hdf5(let path): return try readPair(HDF5Pairs(path: path), name: name, split)
    case .images(let path, let fit):
      return try readImageFolder(path: path, fit, for: shape, name: name, split, limit: limit)
    case .image(let path, let label):
      return try readImage(path: path, label: label, for: shape, name: name, split)
    case .canvas(let side, let data): return try data.read(split, limit: limit, for: nil).onCanvas(side)
    }
  }
}
