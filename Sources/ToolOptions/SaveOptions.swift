public import ArgumentParser
public import SavedSets
import Spatial
public import ToolSupport

/// Where perturbed images are saved, and how.
public struct SaveOptions: ParsableArguments {
  /// The file or the folder; nil where they are not saved.
  @Option(
    help: "Also save the perturbed images to this .npz file, or folder; takes one model, one budget and one pose.",
    completion: .file(extensions: ["npz"]))
  public var save: String?

  /// The format; nil for a file of arrays.
  @Option(name: .customLong("as"), help: "How to save: npz, or png: 8-bit PNG files in a new folder, in one a class.")
  public var format: SavedSetFile.Format?

  /// Whether images are rounded; see `isQuantised`.
  @Flag(help: "Round perturbed images to 8 bits within the budget, and classify them as they are then.")
  public var quantise = false

  /// Nothing is saved.
  public init() {}

  /// Whether images become 8-bit levels, as asked for or since the format holds no others.
  public var isQuantised: Bool { quantise || format == .png }

  /// Where images are saved; nil where they are not.
  public var file: SavedSetFile? {
    save.map { SavedSetFile(path: $0, format: format ?? .npz, isQuantised: quantise) }
  }

  /// Refuses what has no effect.
  public func validate() throws {
    if let format, save == nil {
      throw ValidationError("--as \(format.rawValue): says how --save writes; add --save, or leave it out")
    }
    if quantise, format == .png { throw ValidationError("--quantise: --as png rounds anyway; leave it out") }
  }

  /// Refuses what cannot be saved: several models, budgets or poses, if there are, and what rounding undoes.
  ///
  /// - Throws: `ValidationError` that names the options.
  public func refuseOthers(_ attack: AttackOptions, _ poses: SpatialOptions, isSeveral: Bool) throws {
    if save != nil, isSeveral {
      throw ValidationError("--save takes one model, one budget and one pose; name one of each")
    }
    if isQuantised, attack.reuse {
      throw ValidationError("\(roundingOption) and --reuse: rounding undoes successes; take one")
    }
    if save != nil, let search = poses.search {
      throw ValidationError("--save takes one pose; leave out \(search), which looks for the worst of several")
    }
  }

  /// Refuses rounding where images are only turned and moved by `poses`: there is nothing to round, or nobody would
  /// classify what comes of it.
  ///
  /// - Throws: `ValidationError` that names the option.
  public func refuseWithoutAttack(_ poses: SpatialOptions) throws {
    if quantise, save == nil { throw ValidationError("--quantise: --spatial adds nothing to round; leave it out") }
    if isQuantised, poses.interpolation == .bilinear {
      throw ValidationError("\(roundingOption): bilinear interpolation leaves 8-bit levels; take nearest")
    }
  }

  private var roundingOption: String { quantise ? "--quantise" : "--as png" }

  /// Finds out whether they can be saved, and not over one of `inputs`.
  ///
  /// - Throws: `Failure` (`usage`, `cannotCreate`).
  public func check(_ context: ToolContext, reading inputs: [String]) throws {
    guard let save else { return }
    if format == .png {
      try context.checkFolderOutput(save)
    } else {
      try context.checkOutput(save, reading: inputs)
    }
  }
}

extension SavedSetFile.Format: ExpressibleByArgument {}
