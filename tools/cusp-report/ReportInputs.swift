import Datasets
import Failures
import Files
import Inspection
import Interchange
import SavedSets
import Tensors
import ToolSupport

/// What a command line names, told apart by content: records, model files, and saved sets of perturbed images.
struct ReportInputs {
  /// A saved set, to be opened once the shape of its images is known.
  struct Set {
    let path: String
    let isFolder: Bool

    /// The set, of images `[c, h, w]` of `shape`.
    func open(_ shape: Shape) throws -> SavedSet {
      isFolder
        ? try SavedSet(folder: path, imageShape: shape)
        : try SavedSet(InputFile(onDisk: path), imageShape: shape)
    }
  }

  /// Files of records, `-` for standard input.
  private(set) var records: [String] = []
  private(set) var models: [String] = []
  private(set) var sets: [Set] = []
  /// What folders hold besides, and why it is left out.
  private(set) var leftOut: [String] = []

  /// What was named, in the order in which it is read.
  var paths: [String] { records + models + sets.map(\.path) }

  /// All files that are read, those of folders of images, too.
  var files: [String] {
    paths + sets.filter(\.isFolder).flatMap { ((try? ImageFolder(path: $0.path).entries) ?? []).map(\.path) }
  }

  /// What is at `paths`: a folder stands for all that it holds, but for the file `output`.
  ///
  /// - Throws: `Failure` for what is none of these, or not there.
  init(_ paths: [String], besides output: String?) throws {
    for path in paths {
      if path == "-" {
        records.append(path)
      } else if !folderExists(at: path) {
        try add(path)
      } else if try folderEntries(path).contains(where: { !$0.isFolder && !$0.name.hasPrefix(".") }) {
        try addAll(in: path, besides: output)
      } else {
        sets.append(Set(path: path, isFolder: true))
      }
    }
  }

  private mutating func add(_ path: String) throws {
    switch try FileKind(ofFileAt: path) {
    case .json, .text, .empty: records.append(path)
    default: try addArrays(path)
    }
  }

  /// Takes in a file of arrays: a saved set, if it says of which images or is one array without a name; else a model.
  private mutating func addArrays(_ path: String) throws {
    let file = try TensorFile(arraysIn: InputFile(onDisk: path))
    let names = Swift.Set(file.tensors.map(\.path))
    if names == ["array"] || !names.isDisjoint(with: ["labels", "indices"]) {
      sets.append(Set(path: path, isFolder: false))
    } else {
      // Now, since what is no model is left out of a folder.
      _ = try OpenedModel(file)
      models.append(path)
    }
  }

  /// Takes in what a folder holds: `.ndjson` files, models and saved sets, also folders of image files.
  private mutating func addAll(in folder: String, besides output: String?) throws {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    for entry in try folderEntries(folder) where !entry.name.hasPrefix(".") {
      let path = prefix + entry.name
      if entry.isFolder {
        sets.append(Set(path: path, isFolder: true))
      } else if entry.name.hasSuffix(".ndjson") {
        records.append(path)
      } else if output.map({ leadsTo(path, sameFileAs: $0) }) != true {
        do {
          let kind = try FileKind(ofFileAt: path)
          switch kind {
          case .json, .text, .empty, .webPage, .png, .idx, .gzip, .tar: leftOut.append("\(path): \(kind)")
          default: try addArrays(path)
          }
        } catch let failure as Failure {
          leftOut.append(failure.message)
        }
      }
    }
  }
}
