import Checkpoints
import Failures
import Files
import Networks
import Records

extension TrainingRun {
  /// Whether the file to write is the one that this goes on with.
  var isInPlace: Bool { goesOn(with: output) }

  /// The file that is written until the run is whole.
  var workFile: String { partial ?? output }

  /// Whether this goes on with the file `path`.
  private func goesOn(with path: String) -> Bool { origin.map { leadsTo($0, sameFileAs: path) } ?? false }

  /// Refuses `path` if another file is there than a model of this very run: one of the same network, trained alike on the
  /// same data, with whatever number of threads.
  ///
  /// - Throws: `Failure` (`cannotCreate`).
  func refuseOther(at path: String) throws {
    guard fileExists(at: path), try fileSize(path: path) > 0, !goesOn(with: path) else { return }
    let found: String
    if let there = try? Checkpoint.summary(path: path) {
      let other = (try? JSON(parsing: there.documents.configuration)) ?? .null
      let isSame = there.definition == graph.definition && settings(other) == settings(document)
      if isSame, Descent(other, there.documents) == descent { return }
      found = "a model of another run"
    } else {
      found = "a file that is no model of this run"
    }
    throw Failure(.cannotCreate, "\(path): is there, \(found); give another --output, or --force to replace it")
  }

  /// What makes a run the same, as one text; one that has a file beside may have been made longer since the other.
  private func settings(_ document: JSON) -> String {
    let free = partial == nil ? ["threads"] : ["threads", "epochs"]
    return JSON.object((document.members ?? []).filter { !free.contains($0.key) }).text
  }
}
