import Datasets
public import Records

/// What a run that goes on with the records of an earlier one has to know of them.
extension Predictions {
  /// The settings of the records of one image, in their order.
  public func imageSettings(in selection: ImageSelection) -> [Setting] { settings(of: selection).flatMap(\.self) }

  /// How many images are gone through together, so that none of them can be left out: 1, unless batch statistics decide.
  public var joinedImages: Int { batchStatistics == nil ? 1 : BatchStatistics.batchSize }

  /// Whether trace records come before the prediction record of an image.
  public var isTraced: Bool { attacks.contains { $0?.isTraced == true } }

  /// Whether records carry the logits of the perturbed image.
  public var recordsLogits: Bool { withLogits }
}

extension ImageSelection {
  /// The images after the first `count`, of which there are so many.
  public func dropFirst(_ count: Int) -> ImageSelection {
    ImageSelection(images[images.indices.lowerBound + count..<images.indices.upperBound], data: data, total: total)
  }
}
