import Failures
import Files
import Foundation
import ImageFiles
import TestSupport
import Testing

/// `fixtures/images/expected.json`: what Pillow and torchvision make of the files beside it.
struct Expected: Decodable {
  /// A file as Pillow converts it.
  struct File: Decodable {
    let width, height: Int
    let rgb, grey: Data
  }

  /// A file as torchvision's `Resize` and `CenterCrop` leave it.
  struct Fit: Decodable, CustomTestStringConvertible {
    let file: String
    let side, shorter: Int
    let pixels: Data

    var testDescription: String { "\(file) \(side)/\(shorter)" }
  }

  let files: [String: File]
  let fits: [Fit]

  static let all = Result { try JSONDecoder().decode(Expected.self, from: Fixture.data("images/expected.json")) }
}

/// The file `name` of the fixtures.
func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Fixture.data("images/\(name)")) }

/// The image in the file `name` of the fixtures.
func decoded(_ name: String) throws -> PixelImage { try ImageFile(path: Fixture.path("images/\(name)")).pixels() }

/// The largest difference of two lists of bytes; nil where they are not equally long.
func distance(_ one: [UInt8], _ other: Data) -> Int? {
  one.count == other.count ? zip(one, other).map { abs(Int($0) - Int($1)) }.max() ?? 0 : nil
}

/// Expects that `body` refuses in one line that contains `part`, as damaged data.
func expectRefusal(
  _ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
  #expect(failure?.kind == .data, sourceLocation: sourceLocation)
  #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")", sourceLocation: sourceLocation)
}
