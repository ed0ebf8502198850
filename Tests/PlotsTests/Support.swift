import Failures
import Foundation
import Plots
import Records
import TestSupport

/// Makes figures of records.
enum Drawing {
  /// The figure of the file at `path`.
  static func figure(
    _ kind: FigureKind, path: String, _ change: (inout FigureRequest) -> Void = { _ in }
  ) throws -> Figure {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    var reader = RecordReader(LineReader(descriptor: file.fileDescriptor))
    var fold = FigureFold(kind)
    while try fold.next(&reader) {}
    var request = FigureRequest()
    change(&request)
    return try withExtendedLifetime(file) { try fold.figure(request) }
  }

  /// The figure of `lines`.
  static func figure(
    _ kind: FigureKind, _ lines: [[UInt8]], _ change: (inout FigureRequest) -> Void = { _ in }
  ) throws -> Figure {
    try Fixture.withTemporaryFolder { folder in
      try Data(lines.joined()).write(to: URL(fileURLWithPath: "\(folder)/records"))
      return try figure(kind, path: "\(folder)/records", change)
    }
  }

  /// What the refusal of a figure says.
  static func refusal(
    _ kind: FigureKind, _ lines: [[UInt8]], _ change: (inout FigureRequest) -> Void = { _ in }
  ) -> Failure? {
    do {
      _ = try figure(kind, lines, change)
      return nil
    } catch {
      return error as? Failure
    }
  }

  /// The score of a model that classifies `right` of `count` images rightly; an epsilon is that of an attack.
  static func score(
    _ model: String, rotation: Double = 0, epsilon: Double = 0, right: Int, of count: Int = 100,
    attack: String = "pgd", parameters: JSON? = nil
  ) -> [UInt8] {
    let isNatural = epsilon == 0
    let setting = Setting(
      model: model, attack: isNatural ? "none" : attack, norm: isNatural ? "none" : "linf", epsilon: epsilon,
      rotation: rotation, data: "digits", split: "test", total: count, parameters: parameters)
    return ScoreRecord(
      setting: setting, tally: Tally(count: count, fooled: count - right, naturallyCorrect: count, correct: right)
    ).line
  }

  /// A profile of `count` models at rotations of 0 to 180.
  static func profile(models count: Int, name: (Int) -> String = { "model-\($0)" }) -> [[UInt8]] {
    (0..<count).flatMap { model in
      (0...12).map { score(name(model), rotation: Double(15 * $0), right: max(0, 100 - 3 * model - 5 * $0)) }
    }
  }

  static func json(_ name: String) throws -> JSON { try JSON(parsing: Array(Fixture.data("plots/\(name)"))) }
}

/// A text of an SVG document and the box that it lies in, at most.
struct PlacedText {
  let text: String
  let left, right, top, bottom: Double
  let isTurned: Bool

  /// The texts of `svg`, of which the base size is `em`.
  static func all(in svg: String, em: Double) throws -> [PlacedText] {
    try svg.split(separator: "\n").filter { $0.hasPrefix("<text ") }.map { try PlacedText(String($0), em: em) }
  }

  private init(_ line: String, em: Double) throws {
    func attribute(_ name: String) -> String {
      line.components(separatedBy: " \(name)=\"").dropFirst().first?.components(separatedBy: "\"").first ?? ""
    }
    guard let start = line.firstIndex(of: ">") else { throw Failure(.data, "no text: \(line)") }
    text = line[line.index(after: start)...].replacingOccurrences(of: "</text>", with: "")
      .replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&amp;", with: "&")
    let scales = ["h": 1.2, "u": 0.85, "k": 0.85, "w": 0.85]
    let size = em * (scales[attribute("class")] ?? 1)
    let x = Double(attribute("x")) ?? .nan
    let y = Double(attribute("y")) ?? .nan
    let width = TextWidths.width(text) * size
    let before = width * (["middle": 0.5, "end": 1][attribute("text-anchor")] ?? 0)
    // Most of a letter is over the baseline, no more than 0.75 of the size.
    let (over, under) = (0.75 * size, 0.15 * size)
    isTurned = !attribute("transform").isEmpty
    if isTurned {
      (left, right, top, bottom) = (x - over, x + under, y - width / 2, y + width / 2)
    } else {
      (left, right, top, bottom) = (x - before, x - before + width, y - over, y + under)
    }
  }

  func overlaps(_ other: PlacedText) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }
}
