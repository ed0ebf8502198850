import Failures
import HDF5
import Networks

/// Tensors whose names are positions, as `numpy.savez(*arrays)` and lists have them.
struct NumberedTensors {
  private let tensors: [StoredTensor]

  /// The tensors `state` in their order; nil if they have names.
  init?(_ state: [StoredTensor]) {
    let numbers = state.map { Int($0.name.hasPrefix("arr_") ? String($0.name.dropFirst(4)) : $0.name) }
    guard state.count > 1, Set(numbers) == Set(0..<state.count) else { return nil }
    tensors = zip(numbers, state).sorted { ($0.0 ?? 0) < ($1.0 ?? 0) }.map(\.1)
  }

  /// The tensors by the names of the parameters of `definition`, in whose order they stand, all of them or all but the
  /// counters of batches; nil if there are more or fewer.
  func named(by definition: NetworkDefinition) -> [StoredTensor]? {
    guard let all = try? NetworkGraph(definition).parameters else { return nil }
    for specs in [all, all.filter { $0.role != .counter }] where specs.count == tensors.count {
      return zip(specs, tensors).map { $1.renamed(group: "", name: $0.path.text) }
    }
    return nil
  }

  /// What is said of them where no network is asked for, or one of more or fewer tensors.
  func refusal(in file: TensorFile) -> Failure {
    let (first, last) = (tensors.first?.name ?? "", tensors.last?.name ?? "")
    return Failure(
      .data,
      "\(file.path): its \(tensors.count) arrays have positions in place of names (\(printable(first)) to "
        + "\(printable(last))); --arch takes them in the order of that network's parameters, where the shapes fit")
  }
}
