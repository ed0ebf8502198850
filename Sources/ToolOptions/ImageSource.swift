public import Evaluation
import Failures
import Networks
import Tensors

/// The images of the models of one command line, read once where models share them.
public struct ImageSource {
  private let options: DataOptions
  private var last: (data: String, shape: Shape, selection: ImageSelection)?

  /// Images as `options` say.
  public init(_ options: DataOptions) { self.options = options }

  /// The images for a model.
  ///
  /// - Throws: `Failure` when the data cannot be read, or its images are none for the model.
  public mutating func selection(for model: LoadedModel) throws -> ImageSelection {
    let shape = model.graph.imageShape
    if last?.data != model.data || last?.shape != shape {
      do {
        last = (model.data, shape, try options.load(modelData: model.data, for: shape))
      } catch let failure as Failure where options.data == nil && failure.kind == .noInput {
        throw Failure(.noInput, "\(failure.message); \(model.path) names these data, --data names others")
      }
    }
    guard let selection = last?.selection else { throw Failure(.internal, "no images") }
    try model.check(selection.images)
    return selection
  }
}
