import Failures
import Tensors

/// A file of named arrays: `x` holds images and `y` their labels, or `x_train`, `y_train`, `x_test` and `y_test` do.
protocol PairedArrays {
  /// The file's path for errors.
  var place: String { get }
  /// The names of the arrays.
  var names: [String] { get }
  /// The array `name` of pixels, its shape and the elements.
  func pixels(_ name: String) throws -> (shape: [Int], pixels: LabeledImages.Pixels)
  /// The array `name` of labels, its shape and the elements.
  func labels(_ name: String) throws -> (shape: [Int], labels: [Int])
}

/// The images and labels of `split` in `arrays`; a file with only `x` and `y` serves as both splits.
///
/// There are as many classes as the largest label of the file demands, the same for both splits.
func readPair(_ arrays: some PairedArrays, name: String, _ split: Split) throws -> LabeledImages {
  let suffix = arrays.names.contains("x_\(split.rawValue)") ? "_\(split.rawValue)" : ""
  for wanted in ["x\(suffix)", "y\(suffix)"] where !arrays.names.contains(wanted) {
    let found = arrays.names.isEmpty ? "nothing" : arrays.names.prefix(8).joined(separator: ", ")
    let choices = "expected x and y, or x_train, y_train, x_test and y_test"
    throw Failure(.data, "\(arrays.place): has no array \(wanted) but \(found); \(choices)")
  }
  let other = split == .train ? "y_test" : "y_train"
  let labels = try readLabels("y\(suffix)", in: arrays)
  let others = suffix.isEmpty || !arrays.names.contains(other) ? [] : try readLabels(other, in: arrays)
  let classCount = 1 + max(labels.max() ?? 0, others.max() ?? 0)
  let place = "\(arrays.place): x\(suffix)"
  let (shape, pixels) = try arrays.pixels("x\(suffix)")
  let axes = try ImageAxes(shape: shape, place: place)
  return try LabeledImages(
    name: name, split: split, imageShape: axes.imageShape, pixels: axes.channelsFirst(pixels), labels: labels,
    classNames: numberNames(classCount), place: place)
}

/// The most classes that labels may name, which bounds what a damaged label makes of memory.
private let maximalClassCount = 1 << 16

/// The labels in the array `name`, `[n]` or `[n, 1]`.
private func readLabels(_ name: String, in arrays: some PairedArrays) throws -> [Int] {
  let place = "\(arrays.place): \(name)"
  let (shape, labels) = try arrays.labels(name)
  guard shape.count == 1 || (shape.count == 2 && shape[1] == 1) else {
    throw Failure(.data, "\(place): has the shape \(shape), expected one label an image: [n]")
  }
  if let index = labels.firstIndex(where: { !(0..<maximalClassCount).contains($0) }) {
    throw Failure(.data, "\(place): image \(index): label \(labels[index]), expected 0...\(maximalClassCount - 1)")
  }
  return labels
}

/// How the axes of an array are those of images.
private struct ImageAxes {
  /// The shape of an image: `[c, h, w]`.
  let imageShape: Shape
  /// Whether the channels come last, as in TensorFlow, not first, as in PyTorch.
  private let isChannelsLast: Bool

  /// The axes of an array of `shape`: `[n, h, w]`, `[n, c, h, w]` or `[n, h, w, c]`, with 1, 3 or 4 channels; where both
  /// could be channels, the first ones are.
  init(shape: [Int], place: String) throws {
    let channels = [1, 3, 4]
    if shape.count == 3 {
      (imageShape, isChannelsLast) = ([1, shape[1], shape[2]], false)
    } else if shape.count == 4, channels.contains(shape[1]) {
      (imageShape, isChannelsLast) = ([shape[1], shape[2], shape[3]], false)
    } else if shape.count == 4, channels.contains(shape[3]) {
      (imageShape, isChannelsLast) = ([shape[3], shape[1], shape[2]], true)
    } else {
      let choices = "[n, h, w], [n, c, h, w] or [n, h, w, c] with 1, 3 or 4 channels"
      throw Failure(.data, "\(place): has the shape \(shape), expected \(choices)")
    }
  }

  /// `pixels` with the channels first.
  func channelsFirst(_ pixels: LabeledImages.Pixels) -> LabeledImages.Pixels {
    guard isChannelsLast, imageShape[0] > 1 else { return pixels }
    return switch pixels {
    case .bytes(let bytes): .bytes(channelsFirst(bytes))
    case .floats(let floats): .floats(channelsFirst(floats))
    }
  }

  private func channelsFirst<Element>(_ pixels: [Element]) -> [Element] {
    let (channels, area) = (imageShape[0], imageShape[1] * imageShape[2])
    return [Element](unsafeUninitializedCapacity: pixels.count) { buffer, initialized in
      for start in stride(from: 0, to: pixels.count, by: max(1, channels * area)) {
        for channel in 0..<channels {
          for pixel in 0..<area {
            buffer.initializeElement(
              at: start + channel * area + pixel, to: pixels[start + pixel * channels + channel])
          }
        }
      }
      initialized = pixels.count
    }
  }
}
