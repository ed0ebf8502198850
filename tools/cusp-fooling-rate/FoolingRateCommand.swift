// Predictions in, one fooling rate a setting out:
//   cusp-attack model.h5 --pgd | cusp-fooling-rate

import Archives
import ArgumentParser
import Failures
import Files
import Records
import ToolSupport

@main
struct FoolingRateCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-fooling-rate", abstract: "Count how often a perturbation changes a model's predictions.",
    examples: [
      "cusp-attack model.h5 --pgd --epsilon 8/255 | cusp-fooling-rate",
      "cusp-evaluate model.h5 --rotation 0:180:15 --predictions | cusp-fooling-rate --format text",
      "cusp-fooling-rate natural.npy perturbed.npy",
    ],
    discussion: """
      Reads prediction records from standard input and writes one fooling-rate record for each model, attack, norm, \
      epsilon, rotation and translation, with the 95 % interval of the rate by Wilson's score. Given two NumPy files \
      with one predicted class an image, compares those instead.
      """)

  @Argument(
    help: "Two files of predicted classes, of natural and of perturbed images.",
    completion: .file(extensions: ["npy"]))
  var files: [String] = []
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard files.isEmpty || files.count == 2 else {
      throw ValidationError("\(files.count) files given; give two NumPy files, or none and pipe in records")
    }
  }

  func execute(_ context: ToolContext) throws {
    let rates = files.isEmpty ? try foldRecords(context) : [try compare(files[0], files[1])]
    switch format.format(for: context.output) {
    case .text: try context.output.write(FoolingRateTable.text(rates))
    case .ndjson: for rate in rates { try context.output.write(rate) }
    }
  }

  private func foldRecords(_ context: ToolContext) throws -> [FoolingRateRecord] {
    var records = try context.records("predictions", example: "cusp-attack model.h5 | \(context.name)")
    var fold = FoolingRateFold()
    while let record = try records.next(counting: &fold) {
      switch record.type {
      case ErrorRecord.type: context.diagnostics.report("stdin: \(try record.decode(ErrorRecord.self).message)")
      default: if !record.isKnown { try context.output.write(line: records.bytes) }
      }
    }
    guard !fold.isEmpty else {
      throw Failure(.data, "no prediction records on stdin; see what the program before it said")
    }
    return fold.records
  }

  private func compare(_ natural: String, _ perturbed: String) throws -> FoolingRateRecord {
    let (first, second) = (try classes(natural), try classes(perturbed))
    guard first.count == second.count else {
      throw Failure(
        .data, "\(perturbed): \(second.count) predictions, but \(natural) has \(first.count); compare the same images")
    }
    guard !first.isEmpty else { throw Failure(.data, "\(natural): no predictions; save at least one") }
    return FoolingRateRecord(setting: nil, count: first.count, fooled: zip(first, second).count { $0 != $1 })
  }

  /// The predicted classes in the NumPy file at `path`: a vector of 64-bit integers, of at most 2 GiB.
  private func classes(_ path: String) throws -> [Int64] {
    let array = try NumPyArray(parsing: readBytes(path: path, limit: 1 << 31), name: path)
    guard array.element == .int64, array.shape.count == 1, let classes = array.integers else {
      throw Failure(.data, "\(path): not a vector of int64; save one predicted class an image")
    }
    return classes
  }
}
