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

extension LoadedModel {
  /// Refuses images of another shape than the model's.
  ///
  /// - Throws: `Failure` (`data`) with both shapes.
  public func check(_ images: LabeledImages) throws {
    guard images.imageShape == graph.imageShape else {
      throw Failure(.data, "\(images.name): images are [\(images.imageShape)], \(path) takes [\(graph.imageShape)]")
    }
  }

  /// Refuses to be attacked in place of a model that takes other images or tells other classes apart.
  ///
  /// - Throws: `Failure` (`data`) with both.
  func check(servesFor model: LoadedModel) throws {
    guard (graph.imageShape, graph.classCount) == (model.graph.imageShape, model.graph.classCount) else {
      throw Failure(
        .data,
        "\(path): takes [\(graph.imageShape)] for \(graph.classCount) classes, \(model.path) takes "
          + "[\(model.graph.imageShape)] for \(model.graph.classCount); attack a model of the same")
    }
  }
}
