import Files

extension ModelFormat {
  /// Tensors after a JSON header.
  public static let safetensors = ModelFormat(
    "safetensors", suffixes: ["safetensors"], kinds: [.safetensors],
    open: { source, _ in try openSafetensors(source) }, writer: .tensors(writeSafetensors))
}
