/// What is in a model file, without its numbers.
public struct ModelRecord: Record {
  /// The value of `type`.
  public static let type = "model"

  /// The file as it was named.
  public var path: String
  /// The model's digest: SHA-256, in lower-case hexadecimal, of its definition and tensors.
  public var digest: String
  /// The file's size in bytes.
  public var bytes: Int
  /// The architecture's name.
  public var architecture: String
  /// One image's sizes, `[c, h, w]`.
  public var input: [Int]
  /// How many classes the model tells apart.
  public var classes: Int
  /// Their names in the order of the logits; may be empty.
  public var classNames: [String]
  /// What is done to pixels in 0...1.
  public var preprocessing: Preprocessing
  /// How many numbers training changes.
  public var parameters: Int
  /// How many more the network keeps, such as running statistics.
  public var buffers: Int
  /// Multiply-adds of convolutions and dense layers for one image, forwards.
  public var multiplyAdds: Int
  /// Bytes of the outputs of all layers for one image, in 32-bit floats.
  public var activationBytes: Int
  /// Epochs of training completed.
  public var epoch: Int
  /// Steps completed in the epoch after those.
  public var step: Int
  /// The layers in the order of execution.
  public var layers: [Layer]
  /// The tensors of the network in its order.
  public var tensors: [Tensor]
  /// What else the file holds in places of tensors, and is not read.
  public var unread: [UnreadRecord]
  /// What the run was set to; an object, if the file has it.
  public var configuration: JSON?
  /// What each epoch gave; a list of objects, if the file has it.
  public var history: JSON?
  /// Tool, version and the like; an object, if the file has it.
  public var provenance: JSON?

  /// `(pixel - mean) / standardDeviation` per channel; both empty when pixels stay as they are.
  public struct Preprocessing: Hashable, Sendable {
    /// The mean per channel, pixel units.
    public var mean: [Float]
    /// The standard deviation per channel, pixel units.
    public var standardDeviation: [Float]

    /// A normalisation.
    public init(mean: [Float], standardDeviation: [Float]) {
      self.mean = mean
      self.standardDeviation = standardDeviation
    }
  }

  /// One layer of the network.
  public struct Layer: Hashable, Sendable {
    /// Its name, the prefix of its parameters' names.
    public var name: String
    /// What it computes, as in `max-pooling`.
    public var kind: String
    /// The layers it reads; `input` is the image.
    public var inputs: [String]
    /// One image's output, `[c, h, w]` or `[features]`.
    public var output: [Int]
    /// How many of its numbers training changes.
    public var parameters: Int
    /// Multiply-adds for one image, forwards.
    public var multiplyAdds: Int
    /// Bytes of its output for one image, in 32-bit floats.
    public var activationBytes: Int

    /// A layer of all its parts.
    public init(
      name: String, kind: String, inputs: [String], output: [Int], parameters: Int, multiplyAdds: Int,
      activationBytes: Int
    ) {
      self.name = name
      self.kind = kind
      self.inputs = inputs
      self.output = output
      self.parameters = parameters
      self.multiplyAdds = multiplyAdds
      self.activationBytes = activationBytes
    }
  }

  /// One tensor of the network.
  public struct Tensor: Equatable, Sendable {
    /// Its dotted name, as in `features.0.weight`.
    public var name: String
    /// Its sizes; none for a single number.
    public var shape: [Int]
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    public var digest: String
    /// Its numbers summed up, an object, if that was asked for.
    public var statistics: JSON?

    /// A tensor of all its parts.
    public init(name: String, shape: [Int], digest: String, statistics: JSON? = nil) {
      (self.name, self.shape, self.digest, self.statistics) = (name, shape, digest, statistics)
    }
  }

  /// A record of all its parts.
  public init(
    path: String, digest: String, bytes: Int, architecture: String, input: [Int], classes: Int, classNames: [String],
    preprocessing: Preprocessing, parameters: Int, buffers: Int, multiplyAdds: Int, activationBytes: Int, epoch: Int,
    step: Int, layers: [Layer], tensors: [Tensor], unread: [UnreadRecord] = [], configuration: JSON? = nil,
    history: JSON? = nil,
    provenance: JSON? = nil
  ) {
    (self.path, self.digest, self.bytes, self.architecture) = (path, digest, bytes, architecture)
    (self.input, self.classes, self.classNames, self.preprocessing) = (input, classes, classNames, preprocessing)
    (self.parameters, self.buffers, self.multiplyAdds) = (parameters, buffers, multiplyAdds)
    (self.activationBytes, self.epoch, self.step, self.layers, self.tensors) =
      (activationBytes, epoch, step, layers, tensors)
    self.unread = unread
    (self.configuration, self.history, self.provenance) = (configuration, history, provenance)
  }
}
