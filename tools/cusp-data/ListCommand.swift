import ArgumentParser
import Datasets
import Downloads
import Files
import Records
import ToolSupport

struct ListCommand: DataVerb {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the data sets that can be fetched, and where those lie that were.")

  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    let records = PublicDataset.all.map { set in
      let folder = try? FetchedData.folder(of: set.name)
      return SourceRecord(
        name: set.name, title: set.title, address: set.address, files: set.files.map(\.name), bytes: set.byteCount,
        path: folder.flatMap { folderExists(at: $0) ? $0 : nil })
    }
    guard format.format(for: context.output) == .text else {
      for record in records { try context.output.write(record) }
      return
    }
    var table = TextTable([.words("name"), .numbers("MB"), .words("what"), .words("fetched to")])
    for record in records {
      table.add([record.name, "\((record.bytes + 500_000) / 1_000_000)", record.title, record.path ?? "-"])
    }
    try context.output.write(table.text)
  }
}
