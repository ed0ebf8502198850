import Failures
import Files
import Foundation

/// Damaged files of all formats given to the program itself: each ends with status 0 or 65, and at most one line.
struct DamagedFiles {
  let fixtures: String
  let folder: String
  let tool: String

  /// Converts `count` damaged files; the one at fault stays in the folder.
  func run(_ count: Int, seed: UInt64) throws {
    var mutator = Mutator(seed: seed)
    let targets: [Target] = [.safetensors, .pytorch, .pytorchLegacy, .npz, .hdf5]
    let seeds = try targets.map { try $0.load(fixtures) }
    var converted = 0
    for number in 0..<count {
      let index = number % targets.count
      let path = "\(folder)/damaged"
      try Data(targets[index].mutate(seeds[index], by: &mutator)).write(to: URL(fileURLWithPath: path))
      let (status, lines) = try convert(path)
      guard status == 0 || status == 65, lines == (status == 0 ? 0 : 1) else {
        throw Failure(.data, "\(path): file \(number), \(targets[index].rawValue): status \(status), \(lines) lines")
      }
      converted += status == 0 ? 1 : 0
    }
    print("files: \(count) damaged files, \(converted) converted, all others refused with 65 and one line")
  }

  private func convert(_ path: String) throws -> (status: Int32, lines: Int) {
    let process = Process()
    let errors = "\(folder)/errors"
    try Data().write(to: URL(fileURLWithPath: errors))
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = [path, "\(folder)/converted.safetensors", "--quiet"]
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let text = try Data(contentsOf: URL(fileURLWithPath: errors))
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    return (status, text.count { $0 == 0x0A })
  }
}
