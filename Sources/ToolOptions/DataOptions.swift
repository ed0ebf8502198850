public import ArgumentParser
public import Datasets
public import Evaluation
import Failures
public import Tensors

/// Which images a program that judges a model works on.
public struct DataOptions: ParsableArguments {
  /// What names the data set; `nil` for the one the model was trained on.
  @Option(
    help: "\(DatasetReference.choices), canvas:40: before any; the default is the model's.",
    completion: .list(DatasetReference.patterns))
  public var data: String?

  /// The part of the data set.
  @Option(help: "The part of the data set: train or test.")
  public var split: Split = .test

  /// At most this many images, from the first.
  @Option(help: "Take at most the first so many images.")
  public var limit: Int?

  /// One contiguous part of the images.
  @Option(
    help: "Take one contiguous part, as in 3/8; all parts one after the other are the whole.",
    transform: Shard.typed)
  public var shard: Shard?

  /// The test images of the model's data.
  public init() {}

  /// The paths of all files that the images may come from, given the data set that the model names, if one is known.
  public func files(modelData: String? = nil) -> [String] {
    (data ?? modelData).flatMap { try? DatasetReference($0).inputFiles } ?? []
  }

  /// The images, given the data set that the model names and the shape `[c, h, w]` that it takes, if one is known.
  ///
  /// - Throws: `Failure` when the data cannot be read.
  public func load(modelData: String, for shape: Shape? = nil) throws -> ImageSelection {
    let name = data ?? modelData
    let images = try DatasetReference(name).load(split: split, limit: limit, for: shape)
    return ImageSelection(
      shard.map { images.shard($0.number, of: $0.count) } ?? images, data: name, total: images.count)
  }
}

extension Split: ExpressibleByArgument {}

/// Part `number` of `count` contiguous parts, counted from 1.
public struct Shard: Hashable, Sendable {
  /// Which part, from 1.
  public let number: Int
  /// How many parts.
  public let count: Int

  /// The part that `--shard` means by `text`, as in `3/8`.
  ///
  /// - Throws: `Failure` (`usage`) with the accepted form.
  @Sendable public static func typed(_ text: String) throws -> Shard {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 1, (1...count).contains(number) else {
      throw Failure(.usage, "give one part of so many, as in 1/8 to 8/8")
    }
    return Shard(number: number, count: count)
  }
}
