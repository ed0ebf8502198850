import Failures
import Files

extension ModelFormat {
  /// HDF5: checkpoints of this package, and any other file of datasets.
  public static let hdf5 = ModelFormat(
    "hdf5", suffixes: ["h5", "hdf5"], kinds: [.hdf5],
    open: { source, input in
      guard let input else { throw Failure(.internal, "\(source.name): HDF5 is read from a file alone") }
      return try openHDF5(input)
    }, writer: .network { try $0.writeCheckpoint(to: $1) })
}
