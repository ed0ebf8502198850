import Checkpoints
import Failures
import Files
import Networks
import Records

extension TrainingRun {
  /// Whether the file to write is the one that this goes on with.
  var isInPlace: Bool { origin.map { leadsTo($0, sameFileAs: output) } ?? false }

  /// Refuses `path` if another file is there than a model of this very run: one of the same network, trained alike on the
  /// same data, with whatever number of threads.
  ///
  /// - Throws: `Failure` (`cannotCreate`).
  func refuseOther(at path: String) throws {
    guard fileExists(at: path), try fileSize(path: path) > 0, !isInPlace || path != output else { return }
    let found: String
    if let there = try? Checkpoint.summary(path: path) {
      let other = (try? JSON(parsing: there.documents.configuration)) ?? .null
      let isSame = there.definition == graph.definition && Self.settings(other) == Self.settings(document)
      if isSame, Descent(other, there.documents) == descent { return }
      found = "a model of another run"
    } else {
      found = "a file that is no model of this run"
    }
    throw Failure(.cannotCreate, "\(path): is there, \(found); give another --output, or --force to replace it")
  }

  /// What makes a run the same, as one text.
  private static func settings(_ document: JSON) -> String {
    JSON.object((document.members ?? []).filter { $0.key != "threads" }).text
  }
}
