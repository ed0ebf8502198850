import ArgumentParser
import Datasets
import Failures
import Files
import ImageFiles
import Records
import ToolSupport

struct HeadCommand: DataVerb {
  static let configuration = CommandConfiguration(
    commandName: "head", abstract: "Show the first images: in the terminal, or as a PNG.")

  @Argument(help: "\(DatasetReference.choices), canvas:40: before any.", completion: .list(DatasetReference.patterns))
  var data: String
  @Option(name: [.customLong("count"), .customShort("n")], help: "How many images.") var count = 16
  @Option(help: "The part of the data set: train or test.") var split: Split = .test
  @Option(help: "Write the images to this file, as PNG.", completion: .file(extensions: ["png"])) var output: String?
  @OptionGroup var common: CommonOptions

  private static let mostImages = 1024

  func validate() throws {
    guard (1...Self.mostImages).contains(count) else {
      throw ValidationError("-n \(count): give 1 to \(Self.mostImages) images")
    }
  }

  func execute(_ context: ToolContext) throws {
    let reference = try DatasetReference(data)
    if let output { try context.checkOutput(output, reading: reference.inputFiles) }
    let images = try reference.load(split: split, limit: count)
    if output == nil, context.output.isTerminal {
      return try context.output.write(ImageRows(columns: Terminal.columns).rows(of: images))
    }
    let bytes = try ImageSheet(of: images).image.pngBytes()
    if let output { return try writeFile(at: output, bytes: bytes) }
    try context.output.write { $0.append(bytes) }
  }
}
