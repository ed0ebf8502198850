import Datasets
import Tensors

/// The data sets that requests name, read once; the few used last are kept.
struct DatasetCache {
  /// How many are kept.
  static let capacity = 4

  private var entries: [(reference: DatasetReference, split: Split, images: LabeledImages)] = []

  /// The images of `split` of the data set, for a model that takes images of `shape`.
  ///
  /// - Throws: `Failure` when they cannot be read, which the next request tries again.
  mutating func images(_ reference: DatasetReference, _ split: Split, for shape: Shape) throws -> LabeledImages {
    if let found = entries.firstIndex(where: { $0.reference == reference && $0.split == split }) {
      let entry = entries.remove(at: found)
      entries.append(entry)
      return entry.images
    }
    if entries.count >= Self.capacity { entries.removeFirst() }
    let images = try reference.load(split: split, for: shape)
    entries.append((reference, split, images))
    return images
  }
}
