internal import CHDF5

/// The HDF5 library that this program runs with.
public enum HDF5Library {
  /// Its version, as in `1.10.8`.
  ///
  /// - Throws: `Failure(.inputOutput)` where it does not tell.
  public static func version() throws -> String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    let calls = CheckedCalls(path: "HDF5", purpose: .reading)
    try calls("H5get_libversion") { H5get_libversion(&major, &minor, &release) }
    return "\(major).\(minor).\(release)"
  }
}
