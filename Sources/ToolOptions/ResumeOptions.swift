public import ArgumentParser
public import ToolSupport

/// The records of an earlier run that a program goes on with.
public struct ResumeOptions: ParsableArguments {
  /// The file; nil where the run begins anew.
  @Option(
    help: "Go on with the stream of records in this file, wherever it was cut, as in --resume part >> part.",
    completion: .file(extensions: ["ndjson"]))
  public var resume: String?

  /// None.
  public init() {}

  /// The file, where there is one.
  public var files: [String] { resume.map { [$0] } ?? [] }

  /// The option as errors call it; nil where it is not given.
  public var option: String? { resume.map { "--resume \($0)" } }

  /// Refuses models that come on standard input, once and for all, and images that nobody kept.
  ///
  /// - Throws: `ValidationError` that names what it does not go with.
  public func refuseOthers(_ models: ModelOptions, saving: SaveOptions? = nil) throws {
    guard let resume else { return }
    guard !models.models.isEmpty, !models.models.contains("-") else {
      throw ValidationError("--resume \(resume): name the models; what comes on standard input comes once")
    }
    if saving?.save != nil {
      throw ValidationError("--save: the images of the records that are there are gone; leave out --save or --resume")
    }
  }

  /// The records; nil where the run begins anew.
  ///
  /// - Throws: `Failure` as `EarlierRecords`.
  public func open(_ context: ToolContext) throws -> EarlierRecords? {
    try resume.map { try EarlierRecords($0, context) }
  }
}
