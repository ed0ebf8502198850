/// A small value: what an attribute holds, or a dataset of strings.
public enum HDF5Value: Equatable, Sendable {
  /// One string.
  case string(String)
  /// A list of strings; several axes are read as one, row by row.
  case strings([String])
  /// One integer; unsigned ones above the largest `Int64` are read as that.
  case integer(Int64)
  /// A list of integers, row-major.
  case integers([Int64])
  /// One floating-point number.
  case float(Double)
  /// A list of floating-point numbers, row-major.
  case floats([Double])
}
