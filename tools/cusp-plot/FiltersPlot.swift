import Failures
import Inspection
import Interchange
import Networks
import Pictures
import Plots
import Symmetry
import Tensors
import ToolSupport

/// The sheet of a model's first layer.
struct FiltersPlot {
  let files: [String]

  /// The sheet.
  ///
  /// - Throws: `Failure` for what is not one model, and where its first layer has no filters of images.
  func sheet(_ context: ToolContext) throws -> PictureSheet {
    guard files.count == 1 else {
      throw Failure(.usage, "filters: name one model file, as in cusp-plot filters model.h5")
    }
    let model = try OpenedModel(context.file(files[0], "model", example: "cusp-plot filters - < model.h5"))
    let place = model.file.path
    guard let graph = model.graph else {
      throw Failure(.data, "\(place): no network known here has tensors of these names and shapes")
    }
    let first = graph.vertices.first { vertex in
      switch vertex.node.layer {
      case .convolution, .groupConvolution: true
      default: false
      }
    }
    guard let first, let weight = first.parameters.first,
      let tensor = model.tensors.first(where: { $0.name == weight.path.text })
    else {
      throw Failure(.data, "\(place): \(graph.definition.architecture) has no convolution, so no filters to show")
    }
    var group: SymmetryGroup?
    var sizes = weight.shape.sizes
    if case .groupConvolution(let settings) = first.node.layer {
      // `[out, in, elements, k, k]`, of which images have one.
      guard settings.lifting, sizes.count == 5 else {
        throw Failure(.data, "\(place): \(weight.path.text): reads no image, so its filters are no pictures")
      }
      group = settings.group
      sizes.remove(at: 2)
    }
    let filters = try FirstFilters(
      model.file.floats(of: tensor.stored), shape: Shape(sizes), name: weight.path.text, group: group)
    return filters.sheet()
  }
}
