public import Datasets
import Failures
import Networks

/// The images a program works on, and how records call them.
public struct ImageSelection: Sendable {
  /// The images: all of them, or a shard.
  public let images: LabeledImages
  /// The data set as `--data` takes it.
  public let data: String
  /// How many images were asked for, all shards together: their positions are 0 ..< total.
  public let total: Int

  /// A selection of its parts; without `total` up to the last of `images`.
  public init(_ images: LabeledImages, data: String, total: Int? = nil) {
    (self.images, self.data, self.total) = (images, data, total ?? images.indices.upperBound)
  }
}

/// The images of the models of one command line, read once where models share them.
public struct ImageSource {
  private let options: DataOptions
  private var last: (data: String, selection: ImageSelection)?

  /// Images as `options` say.
  public init(_ options: DataOptions) { self.options = options }

  /// The images for a model.
  ///
  /// - Throws: `Failure` when the data cannot be read, or its images are none for the model.
  public mutating func selection(for model: LoadedModel) throws -> ImageSelection {
    if last?.data != model.data { last = (model.data, try options.load(modelData: model.data)) }
    guard let selection = last?.selection else { throw Failure(.internal, "no images") }
    try model.check(selection.images)
    return selection
  }
}

extension LoadedModel {
  /// Refuses images of another shape than the model's.
  ///
  /// - Throws: `Failure` (`data`) with both shapes.
  func check(_ images: LabeledImages) throws {
    guard images.imageShape == graph.imageShape else {
      throw Failure(.data, "\(images.name): images are [\(images.imageShape)], \(path) takes [\(graph.imageShape)]")
    }
  }
}
