import ArgumentParser
import Corruptions
import Datasets
import Failures
import Spatial
import ToolSupport

struct MakeCommand: DataVerb {
  static let configuration = CommandConfiguration(
    commandName: "make", abstract: "Write a data set of another one's images: some of them, corrupted, turned or moved."
  )

  @Argument(help: "\(DatasetReference.choices), canvas:40: before any.", completion: .list(DatasetReference.patterns))
  var input: String
  @Argument(help: "What to write: FILE.npz, FILE.h5, or a family and a folder as in mnist:DIR.") var output: String
  @Option(help: "The part of the data set: train or test.") var split: Split = .test
  @Option(help: "Take at most the first so many images.") var limit: Int?
  @Option(
    help: "Take images of these classes alone, by number, as in 3,5; each gets its place in the list as its label.")
  var classes: String?
  @Option(
    help: "Corrupt every image before it is turned: \(Corruption.Kind.names).",
    completion: .list(Corruption.Kind.allCases.map(\.rawValue)), transform: Corruption.Kind.typed)
  var corruption: Corruption.Kind?
  @Option(help: "How severe the corruption is, of 1 to 5.") var severity: Int?
  @Option(help: "Turn every image by an angle in -D...D degrees, drawn for it.") var rotation: Double?
  @Flag(help: "Turn every image by just --rotation degrees, anticlockwise.") var rotationExact = false
  @Option(help: "Move every image by whole pixels in -P...P along each axis, drawn for it.") var translation: Double?
  @Option(help: "The seed of all that is drawn.", transform: Seed.typed) var seed: UInt64 = 0
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let rotation, !(-TransformationLimits.degrees...TransformationLimits.degrees).contains(rotation) {
      throw ValidationError("--rotation \(rotation): give at most \(Int(TransformationLimits.degrees)) degrees")
    }
    if let rotation, rotation < 0, !rotationExact {
      throw ValidationError("--rotation \(rotation): give 0 or more, or --rotation-exact")
    }
    if let translation, !(0...TransformationLimits.pixels).contains(translation) {
      throw ValidationError("--translation \(translation): give 0 to \(Int(TransformationLimits.pixels)) pixels")
    }
    if rotationExact, rotation == nil { throw ValidationError("--rotation-exact: by how much? give --rotation") }
    if let corruption, severity == nil {
      throw ValidationError("--corruption \(corruption.rawValue): how much? give --severity, of 1 to 5")
    }
    if let severity {
      guard corruption != nil else { throw ValidationError("--severity \(severity): of what? give --corruption") }
      guard Corruption.severities.contains(severity) else {
        throw ValidationError("--severity \(severity): give 1 to 5")
      }
    }
    if seed != 0, !draws { throw ValidationError("--seed \(seed): nothing is drawn here; leave it out") }
  }

  private var draws: Bool { rotation != nil && !rotationExact || translation != nil || corruption != nil }

  func execute(_ context: ToolContext) throws {
    let (source, target) = (try DatasetReference(input), try DatasetReference(output))
    guard !target.outputFiles.isEmpty else {
      throw Failure(.usage, "\(output): is only read; name a file, or a family and a folder, to write")
    }
    for path in target.outputFiles { try context.checkOutput(path, reading: source.inputFiles) }
    let images = try source.load(split: split, limit: limit)
    let chosen = try DerivedImages(images, classes: chosenClasses(among: images.classNames.count))
    let damage = corruption.flatMap { kind in severity.map { Corruption(kind, severity: $0) } }
    try damage?.validate(imageShape: images.imageShape)
    let made = try chosen.images { pixels, index in
      try damage?.apply(to: pixels, shape: images.imageShape, seed: seed, image: index)
      guard rotation != nil || translation != nil else { return }
      let pose = PoseDistribution(
        rotation: rotation ?? 0, isRotationExact: rotationExact, translation: translation ?? 0
      ).draw(seed: seed, image: index)
      var resampler = Resampler(imageShape: images.imageShape, interpolation: .nearest)
      resampler.transform(pixels, pose: pose)
    }
    try target.write([made])
    context.diagnostics.note("\(input): \(NumberText.count(made.count, "image")), written to \(output)")
  }

  /// The numbers of `--classes`.
  private func chosenClasses(among count: Int) throws -> [Int]? {
    guard let classes else { return nil }
    let numbers = classes.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let chosen = numbers.compactMap { $0 }.filter { (0..<count).contains($0) }
    guard chosen.count == numbers.count, Set(chosen).count == chosen.count else {
      throw Failure(.usage, "--classes \(classes): give numbers of 0 to \(count - 1), each once, as in 3,5")
    }
    return chosen
  }
}

extension Corruption.Kind {
  /// The names of all.
  static let names = allCases.map(\.rawValue).joined(separator: ", ")

  /// The corruption that a command line means by `text`.
  ///
  /// - Throws: `Failure` (`usage`) with the names.
  @Sendable static func typed(_ text: String) throws -> Corruption.Kind {
    guard let kind = Corruption.Kind(rawValue: text) else {
      throw Failure(.usage, "none that is computed; give one of \(names)")
    }
    return kind
  }
}
