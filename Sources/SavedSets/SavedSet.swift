import Datasets
import Failures
public import Files
import ImageFiles
import Interchange
public import Tensors

/// Perturbed images in a file, found and not read: ours, or another program's.
///
/// The file is one array, or arrays by name in any format that `TensorFile` reads; or it is a folder of image files.
public struct SavedSet: Sendable {
  /// What the file is called.
  public let path: String
  /// How many images there are.
  public let count: Int
  /// What pixels are divided by to lie in 0...1: 255, or 1.
  public let range: Int
  /// The true classes by the file; nil where it does not say.
  public let labels: [Int]?
  /// The images' positions in the original split by the file; nil where it does not say.
  public let indices: [Int]?
  private let contents: Contents
  private let imageShape: Shape

  /// Where the images are.
  private enum Contents {
    case arrays(TensorFile, StoredTensor, ImageLayout)
    case files([ImageFolder.Entry])
  }

  /// What perturbed images are called: here, by torchattacks, by AutoAttack's and RobustBench's examples, and as in data
  /// sets.
  private static let imageNames = ["images", "adv_inputs", "adv_images", "adv_complete", "x_adv", "x"]

  /// The set in the file `input` of images `[c, h, w]` of `imageShape`.
  ///
  /// - Parameters:
  ///   - name: The array of the images; nil for a usual one, or the only one.
  ///   - range: What stands for white: 1 or 255; nil for 255 in arrays of bytes, else 1.
  /// - Throws: `.usage` where `name` or `range` do not fit the file; `.data` for a file that leaves open which array or
  ///   range is meant, a damaged one, images of another shape, and labels or indices that are none; `.noInput` if there is
  ///   no file.
  public init(_ input: InputFile, images name: String? = nil, range: Int? = nil, imageShape: Shape) throws {
    let file = try TensorFile(arraysIn: input)
    (path, self.imageShape) = (file.path, imageShape)
    let images = try Self.images(in: file, named: name)
    self.range = try Self.range(of: images, in: file.path, asked: range)
    let sizes = images.shape.sizes
    guard let layout = ImageLayout(Array(sizes.dropFirst()), of: imageShape), sizes[0] > 0 else {
      let found = sizes.map(String.init).joined(separator: "x")
      throw Failure(
        .data, "\(path): \(images.path): has the shape \(found); the model takes images [\(imageShape)]")
    }
    (contents, count) = (.arrays(file, images, layout), sizes[0])
    labels = try Self.integers(["labels", "y"], in: file, count: count)
    indices = try Self.integers(["indices"], in: file, count: count)
  }

  /// The set of image files in the folder at `path`, one folder a class, for a model that takes images `[c, h, w]` of
  /// `imageShape`: in the order of the numbers that all files are named by, their positions, or as they are listed.
  ///
  /// - Throws: `.data` if it holds no images, or other formats than PNG and JPEG; `.noInput` if there is no folder.
  public init(folder path: String, imageShape: Shape) throws {
    let entries = try ImageFolder(path: path).entries
    let numbers = entries.compactMap { Int($0.stem) }
    let isNumbered = numbers.count == entries.count
    let order = isNumbered ? entries.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) } : Array(entries.indices)
    let ordered = order.map { entries[$0] }
    (self.path, self.imageShape, contents) = (path, imageShape, .files(ordered))
    (count, range, labels) = (ordered.count, 255, ordered.map(\.label))
    indices = isNumbered ? order.map { numbers[$0] } : nil
  }

  /// Hands the images to `body` in the order of the file, each by its place and its pixels `[c, h, w]`, in 0...1 if they
  /// are what they should be; one image is held at a time.
  ///
  /// - Throws: `.data` if a file is damaged or an image of another size than the model's; what `body` throws.
  public func forEachImage(_ body: (_ place: Int, _ pixels: [Float]) throws -> Void) throws {
    switch contents {
    case .arrays(let file, let images, let layout):
      try forEachImage(of: images, in: file, layout, body)
    case .files(let entries):
      for (place, entry) in entries.enumerated() { try body(place, pixels(of: entry)) }
    }
  }

  private func forEachImage(
    of images: StoredTensor, in file: TensorFile, _ layout: ImageLayout, _ body: (Int, [Float]) throws -> Void
  ) throws {
    let size = imageShape.count
    var stored: [Float] = []
    var image = [Float](repeating: 0, count: size)
    var place = 0
    try file.forEachPart(ofFloats: images) { part in
      stored += part
      var start = 0
      while stored.count - start >= size {
        layout.copy(stored[start..<start + size], dividedBy: Float(range), to: &image, shape: imageShape)
        try body(place, image)
        (place, start) = (place + 1, start + size)
      }
      stored.removeFirst(start)
    }
  }

  private func pixels(of entry: ImageFolder.Entry) throws -> [Float] {
    let file = try ImageFile(path: entry.path)
    guard [file.height, file.width] == Array(imageShape.sizes.dropFirst()), [1, 3].contains(imageShape[0]) else {
      let found = "\(file.channels)x\(file.height)x\(file.width)"
      throw Failure(.data, "\(file.name): has the shape \(found); the model takes images [\(imageShape)]")
    }
    return try file.pixels().converted(toChannels: imageShape[0]).planes.map { Float($0) / 255 }
  }

  private static func images(in file: TensorFile, named name: String?) throws -> StoredTensor {
    let names = file.tensors.map(\.path)
    let shown = names.isEmpty ? "none" : names.prefix(8).joined(separator: ", ")
    if let name {
      if let tensor = file.tensors.first(where: { $0.path == name }) { return tensor }
      throw Failure(.usage, "--images \(name): \(file.path) has no such array; it has \(shown)")
    }
    let known = file.tensors.filter { imageNames.contains($0.path) }
    if known.count > 1 {
      let choices = known.map(\.path).joined(separator: " and ")
      throw Failure(.data, "\(file.path): has \(choices); name the perturbed images by --images")
    }
    if let tensor = known.first ?? (names.count == 1 ? file.tensors.first : nil) { return tensor }
    throw Failure(.data, "\(file.path): which array holds the images? name one by --images; it has \(shown)")
  }

  private static func range(of images: StoredTensor, in path: String, asked range: Int?) throws -> Int {
    guard images.element != .uint8 else {
      if range == 1 { throw Failure(.usage, "--range 1: \(path) holds bytes, which are 0...255; leave it out") }
      return 255
    }
    if range == nil, !images.element.isFloatingPoint {
      let kind = images.element.rawValue
      throw Failure(.data, "\(path): \(images.path): elements of kind \(kind); say what white is by --range")
    }
    return range ?? 1
  }

  /// The whole numbers of the first array in the file that has one of `names`, one an image.
  private static func integers(_ names: [String], in file: TensorFile, count: Int) throws -> [Int]? {
    guard let tensor = file.tensors.first(where: { names.contains($0.path) }) else { return nil }
    let numbers = tensor.shape.count == count ? try file.floats(of: tensor).map { Int(exactly: $0) } : []
    let integers = numbers.compactMap(\.self)
    guard integers.count == count else {
      throw Failure(.data, "\(file.path): \(tensor.path): is not a whole number for each of the \(count) images")
    }
    return integers
  }
}
