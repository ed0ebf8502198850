import Files

extension ModelFormat {
  /// NumPy arrays in a zip archive, `.npz`.
  public static let numpy = ModelFormat(
    "numpy", suffixes: ["npz"], kinds: [.numPyArchive], entrySuffix: ".npy",
    open: { source, _ in try openNumPy(source) }, writer: .tensors(writeNumPy))
}
