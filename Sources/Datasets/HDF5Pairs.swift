import Failures
import HDF5

/// The arrays of an HDF5 file: the datasets of its root group.
struct HDF5Pairs: PairedArrays {
  let place: String
  private let listing: HDF5Listing

  /// The file at `path`, which is not trusted.
  init(path: String) throws {
    listing = try HDF5Listing(path: path)
    place = path
  }

  var names: [String] { listing.datasets.map { String($0.name.dropFirst()) } }

  func pixels(_ name: String) throws -> (shape: [Int], pixels: LabeledImages.Pixels) {
    let dataset = try find(name)
    if dataset.element == .uint8 { return (dataset.shape, .bytes(try listing.readBytes(dataset.name))) }
    guard !dataset.element.isInteger else {
      throw Failure(.data, "\(place): \(name): elements of kind \(dataset.element), expected uint8 or floats in 0...1")
    }
    return (dataset.shape, .floats(try listing.readFloats(dataset.name)))
  }

  func labels(_ name: String) throws -> (shape: [Int], labels: [Int]) {
    let dataset = try find(name)
    return (dataset.shape, try listing.readInts(dataset.name))
  }

  private func find(_ name: String) throws -> HDF5Dataset {
    guard let dataset = listing.dataset("/\(name)") else { throw Failure(.data, "\(place): has no dataset \(name)") }
    return dataset
  }
}
