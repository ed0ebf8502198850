import Failures
import HDF5

/// The tensors of a Keras file, asked for by layer.
struct KerasWeights: Sendable {
  private let tensors: [String: StoredTensor]
  /// The absolute names of the tensors below each group that is asked for, in an old file.
  private let names: [String]
  let isLegacy: Bool

  /// `tensors` are those of `listing`.
  init(_ tensors: [StoredTensor], of listing: HDF5Listing, isLegacy: Bool) {
    self.tensors = Dictionary(tensors.map { ($0.path, $0) }) { first, _ in first }
    self.isLegacy = isLegacy
    names = listing.datasets.map(\.name).filter { $0.hasPrefix("\(KerasLayout.group)/") }
  }

  /// The tensors of `layer` that are called `variables`, in this order.
  ///
  /// - Throws: `.data` without the layer's name if it has others.
  func tensors(of layer: KerasModel.Layer, _ variables: [String]) throws -> [StoredTensor] {
    let found = try variables.enumerated().map { index, variable in
      guard let tensor = isLegacy ? named(variable, of: layer) : numbered(index, of: layer) else {
        throw Failure(.data, "has no \(variable) in the file; it is damaged, or not built")
      }
      guard tensor.element.isFloatingPoint, tensor.element.isReadable else {
        throw Failure(.data, "its \(variable) is \(tensor.element.rawValue); only floating-point numbers are taken")
      }
      return tensor
    }
    guard isLegacy || numbered(variables.count, of: layer) == nil else {
      throw Failure(.data, "has more tensors than \(variables.joined(separator: ", ")); it is of another kind")
    }
    return found
  }

  /// The mean and variance that a layer was adapted to data by, before its count of images.
  ///
  /// - Throws: `.data` without the layer's name if it was not.
  func adapted(_ layer: KerasModel.Layer) throws -> (mean: StoredTensor, variance: StoredTensor) {
    let found = ["mean", "variance"].enumerated().compactMap { index, name in
      isLegacy ? named(name, of: layer) : numbered(index, of: layer)
    }
    guard found.count == 2, found.allSatisfy({ $0.element.isFloatingPoint }) else {
      throw Failure(.data, "has no mean and variance; adapt it to data, or give it both")
    }
    return (found[0], found[1])
  }

  /// The tensor number `index` of `layer` in an archive.
  private func numbered(_ index: Int, of layer: KerasModel.Layer) -> StoredTensor? {
    let path = "\(layer.place)/vars/\(index)"
    // Keras 2.12 called the layers so.
    return tensor(path) ?? tensor(path.replacing("/layers/", with: "/_layer_checkpoint_dependencies/"))
  }

  /// The tensor `variable` of `layer` in an old file, which is named by its layer and the outermost model around it.
  private func named(_ variable: String, of layer: KerasModel.Layer) -> StoredTensor? {
    let (group, isInner) = ("\(KerasLayout.group)/\(layer.path[0])/", layer.path.count > 1)
    let candidates = names.filter { name in
      guard name.hasPrefix(group) else { return false }
      let end = name.hasSuffix(":0") ? name.dropLast(2) : name[...]
      return end.hasSuffix(isInner ? "/\(layer.name)/\(variable)" : "/\(variable)")
    }
    return candidates.count == 1 ? tensor(candidates[0]) : nil
  }

  private func tensor(_ path: String) -> StoredTensor? {
    tensors[path.split(separator: "/").joined(separator: ".")]
  }
}
