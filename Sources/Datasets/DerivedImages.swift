import Tensors

/// Images made of those of a data set: of some classes, each changed or as it is.
public struct DerivedImages {
  private let source: LabeledImages
  /// The positions of the images, and the labels that they get.
  private let chosen: [(index: Int, label: Int)]
  private let classNames: [String]

  /// Those images of `source` that are of one of `classes`, each of which becomes its place in the list; all of them, with
  /// their labels, where that is nil.
  public init(_ source: LabeledImages, classes: [Int]?) throws {
    let labels = Dictionary(
      uniqueKeysWithValues: (classes ?? Array(source.classNames.indices)).enumerated().map { ($1, $0) })
    self.source = source
    chosen = source.indices.compactMap { index in labels[source.label(of: index)].map { (index, $0) } }
    classNames = classes.map { $0.map { source.classNames[$0] } } ?? source.classNames
  }

  /// The images after `change`, which is handed the pixels `[c, h, w]` of 0...1 and the position of each; bytes where all
  /// of them have 8 bits.
  ///
  /// - Throws: `.data` where there are none.
  public func images(
    _ change: (UnsafeMutableBufferPointer<Float>, Int) throws -> Void
  ) throws -> LabeledImages {
    let size = source.imageShape.count
    var pixels = [Float](repeating: 0, count: chosen.count * size)
    try pixels.withUnsafeMutableBufferPointer { all in
      for (place, image) in chosen.enumerated() {
        let part = UnsafeMutableBufferPointer(rebasing: all[place * size..<(place + 1) * size])
        source.writePixels(of: image.index, into: part)
        try change(part, image.index)
      }
    }
    let made = try LabeledImages(
      name: source.name, split: source.split, imageShape: source.imageShape, pixels: .floats(pixels),
      labels: chosen.map(\.label), classNames: classNames, place: source.name)
    guard made.haveEightBits else { return made }
    return try LabeledImages(
      name: source.name, split: source.split, imageShape: source.imageShape,
      pixels: .bytes(pixels.map { UInt8(($0 * 255).rounded()) }), labels: chosen.map(\.label), classNames: classNames,
      place: source.name)
  }
}
