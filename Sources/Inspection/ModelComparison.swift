internal import Failures
public import Interchange
public import Records
internal import Tensors

extension OpenedModel {
  /// How this file and `other` differ.
  ///
  /// What the files say of themselves is compared where both say it, unless only `tensorsAlone` matter; so are tensors
  /// beside the network's, such as those of an optimiser. What is not read counts as different, and files without any
  /// tensor in common are not the same.
  ///
  /// - Throws: `.data` if a tensor is damaged, or has integers that no 32-bit float holds.
  public func difference(
    from other: OpenedModel, tolerance: Double = 0, tensorsAlone: Bool = false
  ) throws -> DifferenceRecord {
    var record = DifferenceRecord(
      paths: .init(file.path, other.file.path), tolerance: tolerance, isSame: true,
      facts: tensorsAlone ? [] : try ModelFacts(self).differences(from: ModelFacts(other)), compared: 0, tensors: [],
      reshaped: [],
      alone: .init([], []), unread: .init(unread(comparedWith: other), other.unread(comparedWith: self)))
    try compare(tensors, with: other.tensors, of: other, into: &record)
    if !others.isEmpty, !other.others.isEmpty {
      try compare(others, with: other.others, of: other, into: &record)
    }
    record.isSame =
      record.facts.isEmpty && record.tensors.isEmpty && record.reshaped.isEmpty && record.alone.first.isEmpty
      && record.alone.second.isEmpty && record.unread.first.isEmpty && record.unread.second.isEmpty
      && record.compared > 0
    return record
  }

  /// What was not read of this file: among the network's tensors and, where `other` has something beside these, too,
  /// beside them.
  private func unread(comparedWith other: OpenedModel) -> [UnreadRecord] {
    file.unread.filter { isOfNetwork($0) || other.hasOthers }.map(\.record)
  }

  private var hasOthers: Bool { !others.isEmpty || !file.unread.allSatisfy(isOfNetwork) }

  private func isOfNetwork(_ object: UnreadObject) -> Bool {
    guard let group = try? file.networkGroup(selection) else { return true }
    return object.group == group
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
    let areComplex = tensor.stored.element.isComplex || counterpart.stored.element.isComplex
    var numbers: [Float] = []
    numbers.reserveCapacity(min(tensor.stored.shape.count, file.byteCount))
    try file.forEachPart(ofParts: tensor.stored, areComplex: areComplex) { numbers += $0 }
    var (difference, position) = (TensorDifference(), 0)
    try other.file.forEachPart(ofParts: counterpart.stored, areComplex: areComplex) { part in
      difference.add(numbers[position..<position + part.count].map(Double.init), part.map(Double.init))
      position += part.count
    }
    return difference
  }
}

extension TensorFile {
  /// Hands the elements of `tensor` to `body` as 32-bit floats, where they `areComplex` each as its real and its imaginary
  /// part, which of a real number is 0.
  fileprivate func forEachPart(
    ofParts tensor: StoredTensor, areComplex: Bool, _ body: ([Float]) throws -> Void
  ) throws {
    if tensor.element.isComplex {
      try forEachPart(ofNumbers: tensor) { try body($0.map { Float($0) }) }
    } else {
      try forEachPart(ofFloats: tensor) { try body(areComplex ? $0.flatMap { [$0, 0] } : Array($0)) }
    }
  }
}

extension UnreadObject {
  /// The object as records name it.
  public var record: UnreadRecord { UnreadRecord(name: path, reason: reason) }
}
