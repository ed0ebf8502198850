import Datasets
import Failures
import Files
import Plots
import Records
import Reports
import SavedSets
import ToolSupport

/// The sheet of a saved set: its records and the set itself in, told apart by their content.
struct ImagesPlot {
  let files: [String]
  /// Where the clean images are, if not where the records say.
  let data: String?
  /// What is written, which must be none of the files that are read.
  let output: String?

  /// The sheet.
  ///
  /// - Throws: `Failure` for other files than one set and its records, and where they do not belong together.
  func sheet(_ context: ToolContext) throws -> PictureSheet {
    let images = files.filter { $0 != "-" && folderExists(at: $0) }.flatMap { folder in
      ((try? ImageFolder(path: folder).entries) ?? []).map(\.path)
    }
    if let output { try context.checkOutput(output, reading: files + images) }
    var fold = ReportFold()
    var sets: [String] = []
    for path in files {
      if path != "-", try folderExists(at: path) || !Self.isText(path) {
        sets.append(path)
        continue
      }
      let input = try context.input(path, "records", example: "cusp-plot images set.ndjson set.npz")
      var reader = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
      try fold.read(&reader, from: input.name)
    }
    guard sets.count == 1, sets.count < files.count else {
      throw Failure(.usage, "images: give the records of an attack and the set that it saved, as in set.ndjson set.npz")
    }
    let cleanFiles = try (data.map { [$0] } ?? fold.data).flatMap { try DatasetReference($0).inputFiles }
    if let output { try context.checkOutput(output, reading: cleanFiles) }
    var clean = CleanImages(replacement: data)
    let gallery = try fold.gallery(of: sets[0], clean: &clean) { shape in
      folderExists(at: sets[0])
        ? try SavedSet(folder: sets[0], imageShape: shape)
        : try SavedSet(InputFile(onDisk: sets[0]), imageShape: shape)
    }
    return gallery.sheet()
  }

  private static func isText(_ path: String) throws -> Bool {
    switch try FileKind(ofFileAt: path) {
    case .json, .text, .empty: true
    default: false
    }
  }
}
