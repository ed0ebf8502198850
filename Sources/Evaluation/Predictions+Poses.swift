import Datasets
import Records

extension Predictions {
  /// Hands the records of the worst poses of `images` to `body`, with one of `settings` a transformation.
  func searchPoses(
    of images: LabeledImages, _ settings: [Setting], progress: (Int) throws -> Void,
    _ body: (PredictionRecord) throws -> Void
  ) throws {
    guard let classifier else { return }
    var search = WorstPoses(transformations, of: classifier, width: batchSize, lookUp: lookUp)
    var order = PlaceOrder<PredictionRecord>(perPlace: 1)
    try search.run(on: images) { trial in
      let (done, count) = (order.done, transformations.count)
      let place = (trial.image - images.indices.lowerBound) * count + trial.setting
      try order.add(record(trial, settings[trial.setting]), at: place, body)
      if order.done / count > done / count { try progress(order.done / count) }
    }
  }
}
