internal import Failures
internal import Networks
public import Tensors

/// One tensor of a checkpoint as its header tells it.
public struct TensorEntry: Equatable, Sendable {
  /// The dotted name, as in `features.0.weight`.
  public let name: String
  /// The sizes.
  public let shape: Shape
  /// The SHA-256 of the little-endian floats, 64 lowercase hexadecimal digits.
  public let digest: String

  init(name: String, shape: Shape, digest: String) {
    self.name = name
    self.shape = shape
    self.digest = digest
  }

  init(spec: ParameterSpec, digest: String) {
    self.init(name: spec.path.text, shape: spec.shape, digest: digest)
  }
}

/// Where things are in a checkpoint's file; `formats/checkpoint.md` is the same for people.
enum Layout {
  static let format = "cusp-checkpoint"
  static let version: Int64 = 1
  static let parameters = "/parameters"
  static let optimizer = "/optimizer"
  static let progress = "/progress"
  static let sums = "/progress/sums"
  static let digest = "sha256"
  /// More names do not fit an attribute of the oldest layout: 16 bytes each in at most 64 KiB.
  static let nameLimit = 4000

  /// The name of the dataset for the dotted `name` below the group `root`.
  ///
  /// - Throws: `.internal` for a name that HDF5 cannot hold, or that would come back as another.
  static func dataset(_ name: String, in root: String) throws -> String {
    let components = name.split(separator: ".", omittingEmptySubsequences: false)
    guard components.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(where: { $0 == 0x2f || $0 == 0 }) }) else {
      throw Failure(.internal, "tensor \(name): not a dotted name that a checkpoint can hold; rename the node")
    }
    return "\(root)/\(components.joined(separator: "/"))"
  }

  /// The dotted name of the dataset `path`, nil if it does not lie below `root`.
  static func name(ofDataset path: String, in root: String) -> String? {
    guard path.hasPrefix("\(root)/") else { return nil }
    return path.dropFirst(root.count + 1).split(separator: "/").joined(separator: ".")
  }
}
