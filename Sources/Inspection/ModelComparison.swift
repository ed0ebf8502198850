internal import Failures
internal import Interchange
public import Records
internal import Tensors

extension OpenedModel {
  /// How this file and `other` differ.
  ///
  /// What the files say of themselves is compared where both say it, unless only `tensorsAlone` matter; so are tensors
  /// beside the network's, such as those of an optimiser.
  ///
  /// - Throws: `.data` if a tensor cannot be read as numbers, or is damaged.
  public func difference(
    from other: OpenedModel, tolerance: Double = 0, tensorsAlone: Bool = false
  ) throws -> DifferenceRecord {
    var record = DifferenceRecord(
      paths: .init(file.path, other.file.path), tolerance: tolerance, isSame: true,
      facts: tensorsAlone ? [] : try ModelFacts(self).differences(from: ModelFacts(other)), compared: 0, tensors: [],
      reshaped: [],
      alone: .init([], []))
    try compare(tensors, with: other.tensors, of: other, into: &record)
    if !others.isEmpty, !other.others.isEmpty {
      try compare(others, with: other.others, of: other, into: &record)
    }
    record.isSame =
      record.facts.isEmpty && record.tensors.isEmpty && record.reshaped.isEmpty && record.alone.first.isEmpty
      && record.alone.second.isEmpty
    return record
  }

  private func compare(
    _ mine: [NamedTensor], with theirs: [NamedTensor], of other: OpenedModel, into record: inout DifferenceRecord
  ) throws {
    let counterparts = Dictionary(theirs.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(mine.map(\.name))
    record.alone.second += theirs.map(\.name).filter { !names.contains($0) }
    for tensor in mine {
      guard let counterpart = counterparts[tensor.name] else {
        record.alone.first.append(tensor.name)
        continue
      }
      let shapes = (tensor.stored.shape.sizes, counterpart.stored.shape.sizes)
      guard shapes.0 == shapes.1 else {
        record.reshaped.append(.init(name: tensor.name, shapes: .init(shapes.0, shapes.1)))
        continue
      }
      record.compared += 1
      let difference = try difference(of: tensor, from: counterpart, in: other)
      guard !difference.isWithin(record.tolerance) else { continue }
      record.tensors.append(
        .init(
          name: tensor.name, shape: shapes.0, differing: difference.differing, incomparable: difference.incomparable,
          maximum: difference.maximum, relative: difference.relative, cosine: difference.cosine))
    }
  }

  /// Holds this file's tensor in memory while the other's passes by.
  private func difference(
    of tensor: NamedTensor, from counterpart: NamedTensor, in other: OpenedModel
  ) throws -> TensorDifference {
    let numbers = try file.floats(of: tensor.stored)
    var (difference, position) = (TensorDifference(), 0)
    try other.file.forEachPart(ofFloats: counterpart.stored) { part in
      difference.add(numbers[position..<position + part.count].map(Double.init), part.map(Double.init))
      position += part.count
    }
    return difference
  }
}
