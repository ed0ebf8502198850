internal import Failures
public import Interchange
internal import Networks
internal import Tensors
internal import ToolSupport

extension OpenedModel {
  /// The numbers of `tensor`, summed up.
  ///
  /// - Throws: `.data` if it holds complex numbers, which have no order, or is damaged.
  public func statistics(of tensor: StoredTensor) throws -> TensorStatistics {
    guard tensor.element.isReadable else {
      throw Failure(.data, "\(file.path): \(tensor.path): complex numbers have no statistics")
    }
    return try TensorStatistics { piece in
      try file.forEachPart(ofNumbers: tensor, piece)
    }
  }

  /// Whether the file holds what it says, to the last bit, and finite numbers alone; and the line that says so. A file of
  /// which something, or everything, is not read does not verify.
  ///
  /// - Throws: `.inputOutput` if the disk fails.
  public func verify() throws -> Verdict {
    do {
      var count = 0
      for tensor in tensors + others {
        count += try checkNumbers(of: tensor)
      }
      try file.verifyOtherMembers()
      if let first = file.unread.first {
        let rest = file.unread.count > 1 ? " (and \(file.unread.count - 1) more objects)" : ""
        throw Failure(.data, "\(file.path): not verified: \(first.path): \(first.reason)\(rest)")
      }
      guard !tensors.isEmpty else {
        throw Failure(.data, "\(file.path): not verified: holds no tensors")
      }
      return Verdict(
        isSound: true,
        line: "\(file.path): ok: \(NumberText.count(tensors.count + others.count, "tensor")), "
          + "\(NumberText.count(count, "number")), \(identity)")
    } catch let failure as Failure where failure.kind == .data {
      return Verdict(isSound: false, line: failure.message)
    }
  }

  /// What `verify` found.
  public struct Verdict: Equatable, Sendable {
    /// Whether everything is as it should be.
    public let isSound: Bool
    /// One line about it, which names the file.
    public let line: String

    /// A verdict.
    public init(isSound: Bool, line: String) { (self.isSound, self.line) = (isSound, line) }
  }

  /// What the file could be held against.
  private var identity: String {
    if let digest = description.digest { return "digest \(digest)" }
    guard let graph else { return "of no network known here" }
    return "the parameters of \(graph.definition.architecture)"
  }

  /// Reads `tensor` to its end; how many numbers it has.
  private func checkNumbers(of tensor: NamedTensor) throws -> Int {
    var position = 0
    try file.forEachPart(ofNumbers: tensor.stored) { part in
      if let place = part.firstIndex(where: { !$0.isFinite }) {
        let element = tensor.stored.element.isComplex ? (position + place) / 2 : position + place
        let reason = "element \(element) is \(part[place]), not a finite number"
        throw Failure(.data, "\(file.path): \(tensor.name): \(reason)")
      }
      position += part.count
    }
    return tensor.stored.shape.count
  }
}
