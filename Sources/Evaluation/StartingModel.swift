public import Checkpoints
public import Datasets
import Failures
public import Files
public import Interchange
public import Networks
import Tensors

/// A model of any format that training begins with: its network and all its tensors, running statistics too.
public struct StartingModel {
  /// What the file is called.
  public let path: String
  /// The paths of the files that it was read from: several where it lies in shards.
  public let paths: [String]
  /// The network, checked, for the images that are trained on.
  public let graph: NetworkGraph
  /// The tensors that it begins with.
  public let parameters: Parameters
  /// What a person should know of how the network was found, and of what is made anew, one line each.
  public let notes: [String]
  /// The model by its digest, or the file of another tool by the SHA-256 of its bytes.
  public let parent: Provenance.Parent
  /// How it came to be itself; nil where the file does not say.
  public let provenance: Provenance?

  /// The model in the file `input`, as `request` has it, for `images`: where these have another number of classes, the head
  /// is made anew, from random numbers of `seed`.
  ///
  /// - Parameter preprocessing: What happens to pixels, in place of what the file says; nil for that.
  /// - Throws: `Failure` when there is no model, a damaged one, one of no network known, one with numbers that are not
  ///   finite, one of other images, or one of other classes whose last layer is not dense.
  public init(
    reading input: InputFile, _ request: ModelRequest = ModelRequest(), preprocessing: Preprocessing? = nil,
    for images: LabeledImages, seed: UInt64
  ) throws {
    let description = try TensorFile(input).description()
    var request = request
    // Tensors alone do not tell the sizes of images, and not what happened to pixels.
    if description.definition == nil {
      (request.imageShape, request.preprocessing) = (images.imageShape.sizes, preprocessing)
    }
    let (checkpoint, found, paths) = try LoadedModel.read(input, request)
    try checkpoint.requireFinite(input.name, advice: "begin with another model")
    (path, self.paths) = (input.name, paths)
    provenance = Provenance(json: description.documents.provenance)
    parent = try description.digest.map { .model(digest: $0) } ?? .init(ByteSource(input))

    var (definition, notes) = (checkpoint.definition, found)
    let (known, wanted) = (definition.classCount, images.classNames.count)
    if definition.preprocessing == .none, let own = description.definition?.preprocessing {
      definition.preprocessing = own
    }
    definition.preprocessing = preprocessing ?? definition.preprocessing
    guard definition.imageShape == images.imageShape.sizes else {
      throw Failure(
        .data, "\(images.name): images are [\(images.imageShape)], \(path) takes [\(Shape(definition.imageShape))]")
    }
    var fresh: Set<ParameterPath> = []
    if known != wanted {
      guard let head = definition.head, let other = definition.classifying(wanted) else {
        throw Failure(
          .data,
          "\(path): tells \(known) classes apart, \(images.name) has \(wanted), and its last layer is no dense one, "
            + "which would be made anew")
      }
      definition = other
      fresh = [ParameterPath(node: head, "weight"), ParameterPath(node: head, "bias")]
      notes.append("tells \(known) classes apart, \(images.name) has \(wanted): its last layer, \(head), is made anew")
    }
    graph = try NetworkGraph(definition)
    let initial = Parameters(initializing: graph, seed: seed)
    parameters = Parameters(of: graph) { spec in
      fresh.contains(spec.path) ? initial[spec.path] : checkpoint.parameters[spec.path]
    }
    self.notes = notes
  }
}
