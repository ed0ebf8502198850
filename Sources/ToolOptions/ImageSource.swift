public import Evaluation
import Failures

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
