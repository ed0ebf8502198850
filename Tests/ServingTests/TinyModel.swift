import Evaluation
import Failures
import Files
import Foundation
import PortableBackend
import Records
import Serving
import TestSupport
import ToolSupport

/// The committed model of 1x4x4 images and three classes, served without a process.
enum TinyModel {
  static let path = Fixture.path("checkpoints/tiny.h5")
  static let digest = "52e02285757397ddae2f1be0e605000d3965a03e14ea241bd3811c77f5160d9a"

  static func served() throws -> ServedModel {
    try ServedModel(LoadedModel(reading: InputFile(path: path), on: PortableBackend(threads: 1)))
  }

  /// What the service writes when it reads `input`: its lines, the first of them `ready`.
  static func lines(
    _ input: [String], _ limits: ServiceLimits = ServiceLimits(), keepsOrder: Bool = true
  ) throws -> [String] {
    try Fixture.withTemporaryFolder { folder in
      let (requests, replies) = ("\(folder)/requests", "\(folder)/replies")
      try Data((input.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: requests))
      try Data().write(to: URL(fileURLWithPath: replies))
      let reading = try FileHandle(forReadingFrom: URL(fileURLWithPath: requests))
      let writing = try FileHandle(forWritingTo: URL(fileURLWithPath: replies))
      let service = Service(try served(), limits: limits, keepsOrder: keepsOrder)
      let output = StandardOutput(descriptor: writing.fileDescriptor)
      _ = try service.run(descriptor: reading.fileDescriptor, output: output)
      let text = try String(contentsOfFile: replies, encoding: .utf8)
      return text.split(separator: "\n").map(String.init)
    }
  }

  /// The replies to `input` without the first record.
  static func replies(
    _ input: [String], _ limits: ServiceLimits = ServiceLimits(), keepsOrder: Bool = true
  ) throws -> [JSON] {
    try lines(input, limits, keepsOrder: keepsOrder).dropFirst().map { try JSON(parsing: $0) }
  }

  /// The image of sixteen equal bytes.
  static func image(_ byte: UInt8 = 128) -> String {
    #"{"shape":[1,4,4],"u8":"\#(Base64.encode([UInt8](repeating: byte, count: 16)))"}"#
  }
}

extension JSON {
  /// The numbers of a list.
  var numbers: [Double]? { array.map { $0.compactMap(\.number) } }
}
