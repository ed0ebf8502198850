import Networks

/// Definitions of a network for images of other sizes than it was made for, whose padding makes its dense layers fit.
enum PaddingFit {
  /// `definition`, whose images are of the sizes that were asked for, with other paddings: of its first convolution, so that
  /// what comes out of it is as large as for images of `usual` sizes, by half a kernel at most; and of all convolutions that shrink an image, so that
  /// none does. With each stands what was changed.
  static func variants(of definition: NetworkDefinition, usual: [Int]) -> [(
    definition: NetworkDefinition, change: String
  )] {
    [first(definition, usual), same(definition)].compactMap { $0 }
  }

  private static func first(
    _ definition: NetworkDefinition, _ usual: [Int]
  ) -> (definition: NetworkDefinition, change: String)? {
    guard definition.imageShape.count == 3, usual.count == 3,
      let index = definition.nodes.firstIndex(where: { $0.inputs == [Node.image] }),
      case .convolution(var settings) = definition.nodes[index].layer, let square = settings.square
    else { return nil }
    let rows = usual[1] - definition.imageShape[1]
    let padding = square.padding + rows / 2
    guard rows == usual[2] - definition.imageShape[2], rows != 0, rows.isMultiple(of: 2),
      (0...square.kernelSize / 2).contains(padding)
    else { return nil }
    settings.padding = Margins(padding)
    var changed = definition
    changed.nodes[index].layer = .convolution(settings)
    return (changed, "\(definition.nodes[index].name) padded by \(padding)")
  }

  private static func same(_ definition: NetworkDefinition) -> (definition: NetworkDefinition, change: String)? {
    var changed = definition
    var names: [String] = []
    for (index, node) in definition.nodes.enumerated() {
      guard case .convolution(var settings) = node.layer, let square = settings.square, square.stride == 1,
        square.padding == 0, square.kernelSize > 1, !square.kernelSize.isMultiple(of: 2)
      else { continue }
      settings.padding = Margins(square.kernelSize / 2)
      changed.nodes[index].layer = .convolution(settings)
      names.append(node.name)
    }
    return names.isEmpty ? nil : (changed, "\(names.joined(separator: ", ")) padded by half a kernel")
  }
}
