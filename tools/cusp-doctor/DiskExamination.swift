import Datasets
import Downloads
import Files
import Records

/// Where models and data sets are written.
struct DiskExamination {
  /// Below this many bytes people should know.
  private static let scarce = 1 << 30

  var findings: [FindingRecord] { [disk("disk here", "."), fetched].compactMap(\.self) }

  private func disk(_ name: String, _ path: String) -> FindingRecord? {
    guard let free = freeSpace(at: path) else { return nil }
    let value = "\(ByteText.text(free)) free"
    guard free < Self.scarce else { return FindingRecord(name: name, value: value) }
    return FindingRecord(
      name: name, value: value, state: .scarce,
      advice: "a model file is written whole before it takes the place of the last one: make room")
  }

  /// The data sets that `--data` takes by their names alone.
  private var fetched: FindingRecord {
    let names = PublicDataset.all.map(\.name).filter { name in
      (try? FetchedData.folder(of: name)).map(folderExists) ?? false
    }
    let value = names.isEmpty ? "none fetched; the digits are built in" : names.joined(separator: ", ")
    return FindingRecord(name: "data sets", value: value)
  }
}
