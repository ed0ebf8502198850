/// A tensor that no layer reads and nothing changes, which published code makes all the same: kept, so that a file of
/// that code comes back as it was.
public struct UnusedParameter: Hashable, Sendable, Codable {
  /// Its dotted PyTorch name, as in `layers.0.conv1.weight`.
  public var name: String
  /// Its sizes; none for a single number.
  public var shape: [Int]

  /// The tensor `name` of `shape`.
  public init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  /// What a batch norm of `channels` called `node` has, by name.
  static func norm(_ node: String, channels: Int) -> [UnusedParameter] {
    let names = ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"]
    return names.map { UnusedParameter(name: "\(node).\($0)", shape: $0 == "num_batches_tracked" ? [] : [channels]) }
  }
}
