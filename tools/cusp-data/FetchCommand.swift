import ArgumentParser
import Datasets
import Downloads
import Failures
import Records
import ToolSupport

struct FetchCommand: DataVerb {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Fetch a data set from its publisher or a mirror, verify and unpack it.")

  @Argument(
    help: "The data set; cusp-data list names them.", completion: .list(PublicDataset.all.map(\.name)),
    transform: PublicDataset.typed)
  var set: PublicDataset
  @Option(help: "Fetch the files from this address, of http or https, in place of the publisher's.") var mirror: String?
  @Option(help: "Give up on a server that sends nothing for so many seconds.") var timeout = 60
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout \(timeout): give 1 to 3600 seconds") }
  }

  func execute(_ context: ToolContext) throws {
    let folder = try FetchedData.folder(of: set.name)
    let fetch = try Fetch(set, into: folder, mirror: mirror, timeout: timeout)
    guard !fetch.isDone else {
      context.diagnostics.note("\(set.name): is there already, in \(folder)")
      return try context.output.write("\(folder)\n")
    }
    var progress = ProgressLine(context.diagnostics, label: "fetch \(set.name)")
    StopRequest.watch()
    try fetch.run(
      lookUp: { now in
        progress.update(
          Double(now.bytes) / Double(set.byteCount), ProgressFacts(file: now.file, bytes: now.bytes))
        if let stop = StopRequest.pending { throw ExitCode(stop.exitStatus) }
      }, note: { context.diagnostics.note($0) })
    let isRead = DatasetReference.Family(rawValue: set.name) != nil
    progress.finish("verified, in \(folder)" + (isRead ? "; --data \(set.name) finds it" : ""))
    try context.output.write("\(folder)\n")
  }
}

extension PublicDataset {
  /// The data set that a command line means by `text`.
  ///
  /// - Throws: `Failure` (`usage`) with the names.
  @Sendable static func typed(_ text: String) throws -> PublicDataset {
    guard let found = PublicDataset(text) else {
      throw Failure(
        .usage, "\"\(text)\": not a data set that is known; give \(all.map(\.name).joined(separator: ", "))")
    }
    return found
  }
}
