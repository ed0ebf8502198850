import Datasets
import Networks
import Records

extension Predictions {
  /// Hands the records of the worst poses of `images` to `body`, with one of `settings` a transformation.
  func searchPoses(
    of images: LabeledImages, _ settings: [Setting], progress: (Int) throws -> Void,
    _ body: (PredictionRecord) throws -> Void
  ) throws {
    let network: any Classifier = gradients ?? classifier
    var search = WorstPoses(transformations, of: network, width: batchSize, lookUp: lookUp)
    var order = PlaceOrder<PredictionRecord>(perPlace: 1)
    try search.run(on: images) { trial in
      let (done, count) = (order.done, transformations.count)
      let place = (trial.image - images.indices.lowerBound) * count + trial.setting
      try order.add(record(trial, settings[trial.setting]), at: place, body)
      if order.done / count > done / count { try progress(order.done / count) }
    }
  }
}
