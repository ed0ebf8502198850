import Files

extension ModelFormat {
  /// What `torch.save` writes: a zip archive, or pickles one after the other as before PyTorch 1.6.
  public static let pytorch = ModelFormat(
    "pytorch", suffixes: ["pt", "pth"], kinds: [.pyTorch, .pickle], entrySuffix: "/data.pkl",
    open: { source, _ in try openPyTorch(source) }, writer: .tensors(writePyTorch))
}
