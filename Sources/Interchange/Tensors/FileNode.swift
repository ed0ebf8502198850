import Tensors

/// One part of a file's raw structure.
public struct FileNode: Equatable, Sendable {
  /// Its name within the part around it; may be empty.
  public let name: String
  /// What it is: `group`, `dataset`, `member`, `tensor`, `dict`, or a class as in `torch.nn.modules.conv.Conv2d`.
  public let kind: String
  /// More about it, such as shape and element type, or a value; may be empty.
  public let detail: String
  /// What lies in it.
  public let children: [FileNode]

  init(_ name: String, _ kind: String, _ detail: String = "", children: [FileNode] = []) {
    (self.name, self.kind, self.detail, self.children) = (name, kind, detail, children)
  }

  /// The same part under another name.
  func named(_ name: String) -> FileNode { FileNode(name, kind, detail, children: children) }

  /// A tensor.
  init(_ tensor: StoredTensor, named name: String? = nil) {
    let shape = tensor.shape.rank == 0 ? "scalar" : tensor.shape.description
    self.init(name ?? tensor.name, "tensor", "\(tensor.element.rawValue) \(shape)")
  }
}
