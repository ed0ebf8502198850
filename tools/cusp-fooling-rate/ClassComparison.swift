import Archives
import Failures
import Files
import Records
import ToolSupport

/// The predictions of two NumPy files, image by image.
struct ClassComparison {
  /// How many differ.
  let rate: FoolingRateRecord

  /// Compares the predictions in `natural` and `perturbed`, and tells people where logits were reduced to classes.
  init(_ natural: SequentialInput, _ perturbed: SequentialInput, _ diagnostics: Diagnostics) throws {
    let (first, second) = (try classes(natural, diagnostics), try classes(perturbed, diagnostics))
    guard first.count == second.count else {
      let message = "\(second.count) predictions, but \(natural.name) has \(first.count); compare the same images"
      throw Failure(.data, "\(perturbed.name): \(message)")
    }
    guard !first.isEmpty else { throw Failure(.data, "\(natural.name): no predictions; save at least one") }
    rate = FoolingRateRecord(setting: nil, count: first.count, fooled: zip(first, second).count { $0 != $1 })
  }
}

/// The predicted classes in the NumPy file `input`, of at most 2 GiB: integers of the shape `[n]` or `[n, 1]`, or of logits
/// `[n, k]` the first of the largest, as `numpy.argmax` takes it.
private func classes(_ input: SequentialInput, _ diagnostics: Diagnostics) throws -> [Int64] {
  let array = try NumPyArray(parsing: input.allBytes(limit: 1 << 31), name: input.name)
  let shape = array.shape
  if array.element != .bool, let classes = array.integers, shape.count == 1 || (shape.count == 2 && shape[1] == 1) {
    return classes
  }
  guard let logits = array.doubles, shape.count == 2, shape[1] > 1 else {
    let found = "\(array.element.rawValue) of the shape (\(shape.map(String.init).joined(separator: ", ")))"
    let choices = "integers (n,) or (n, 1), or logits (n, k) as floating-point numbers"
    throw Failure(.data, "\(input.name): \(found) is no prediction an image; save \(choices)")
  }
  if let place = logits.firstIndex(where: \.isNaN) {
    throw Failure(.data, "\(input.name): image \(place / shape[1]): a logit is NaN, so no class is predicted")
  }
  diagnostics.note("\(input.name): logits of \(shape[1]) classes, of which the first largest is taken as predicted")
  return (0..<shape[0]).map { image in
    let row = logits[image * shape[1]..<(image + 1) * shape[1]]
    let largest = row.indices.dropFirst().reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 }
    return Int64(largest - row.startIndex)
  }
}
