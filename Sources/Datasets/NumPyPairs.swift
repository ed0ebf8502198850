import Archives
import Failures
import Files

/// The arrays of a `.npz` file.
struct NumPyPairs: PairedArrays {
  /// The most bytes that a file may hold, packed or not.
  private static let limit = 1 << 31

  let place: String
  private let archive: NumPyArchive

  /// The file at `path`.
  init(path: String) throws {
    let bytes = try readBytes(path: path, limit: NumPyPairs.limit)
    archive = try NumPyArchive(parsing: bytes, limit: NumPyPairs.limit, name: path)
    place = path
  }

  var names: [String] { archive.names }

  func pixels(_ name: String) throws -> (shape: [Int], pixels: LabeledImages.Pixels) {
    let array = try find(name)
    if array.element == .uint8 { return (array.shape, .bytes(array.bytes)) }
    guard let floats = array.floats else {
      let kind = array.element.rawValue
      throw Failure(.data, "\(place): \(name): elements of kind '\(kind)', expected uint8 or floats in 0...1")
    }
    return (array.shape, .floats(floats))
  }

  func labels(_ name: String) throws -> (shape: [Int], labels: [Int]) {
    let array = try find(name)
    guard let integers = array.integers else {
      throw Failure(.data, "\(place): \(name): elements of kind '\(array.element.rawValue)', expected integers")
    }
    return (array.shape, integers.map(Int.init))
  }

  private func find(_ name: String) throws -> NumPyArray {
    guard let array = try archive.array(name) else { throw Failure(.data, "\(place): has no array \(name)") }
    return array
  }
}
