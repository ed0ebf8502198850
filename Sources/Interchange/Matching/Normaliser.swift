import Failures
import HDF5
import Networks
import Tensors

/// A mean and a deviation among a file's tensors by which its network normalises pixels.
struct Normaliser {
  let mean: StoredTensor
  let deviation: StoredTensor

  /// By which last names people keep them.
  private static let names = [
    ("mean", "std"), ("mu", "sigma"), ("new_mean", "new_std"), ("image_mean", "image_std"), ("pixel_mean", "pixel_std"),
    ("data_mean", "data_std"), ("means", "stds"), ("means", "sds"), ("_mean", "_std"), ("mean", "sigma"),
    ("mean", "stdv"),
  ]

  /// The normalisers among `tensors` for images of `channels` channels.
  static func all(in tensors: [StoredTensor], channels: Int) -> [Normaliser] {
    let small = tensors.filter { fits($0, channels) }
    let byName = Dictionary(small.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return small.compactMap { tensor in
      let dot = tensor.name.lastIndex(of: ".").map { tensor.name.index(after: $0) } ?? tensor.name.startIndex
      let (owner, last) = (tensor.name[..<dot], tensor.name[dot...])
      for (mean, deviation) in names where mean == last {
        guard let other = byName["\(owner)\(deviation)"] else { continue }
        return Normaliser(mean: tensor, deviation: other)
      }
      return nil
    }
  }

  /// Whether `tensor` is one number for all channels or one for each: `[c]`, `[1, c, 1, 1]` and what lies between.
  private static func fits(_ tensor: StoredTensor, _ channels: Int) -> Bool {
    let sizes = tensor.shape.sizes.filter { $0 != 1 }
    return tensor.element.isFloatingPoint && tensor.element.isReadable && tensor.shape.rank <= 4
      && (sizes.isEmpty || sizes == [channels])
  }

  /// What it does to pixels in 0...1 of `channels` channels.
  ///
  /// - Throws: `.data` if it is none for such pixels, or damaged.
  func preprocessing(in file: TensorFile, channels: Int) throws -> Preprocessing {
    func values(_ tensor: StoredTensor) throws -> [Float] {
      let values = try file.floats(of: tensor)
      return values.count == channels ? values : [Float](repeating: values.first ?? 0, count: channels)
    }
    let (means, deviations) = (try values(mean), try values(deviation))
    guard means.allSatisfy({ abs($0) <= 1 }), deviations.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
      throw Failure(
        .data,
        "\(file.path): \(printable(mean.name)) and \(printable(deviation.name)) are not for pixels of 0...1; "
          + "--normalise gives what the network needs")
    }
    return Preprocessing(mean: means, standardDeviation: deviations)
  }
}
