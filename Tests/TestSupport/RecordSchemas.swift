import Foundation
import Records

/// The schemas of `formats/schemas`, one a record type.
public enum RecordSchemas {
  /// The schema of `type`, or nil when there is none.
  /// - Throws: when it is not JSON.
  public static func schema(of type: String) throws -> JSONSchema? {
    let path = Fixture.repository.appending(path: "formats/schemas/\(type).schema.json")
    guard let data = try? Data(contentsOf: path) else { return nil }
    return JSONSchema(try JSON(parsing: [UInt8](data)))
  }

  /// What is wrong with a program's output: each line must be a record that its type's schema allows.
  public static func problems(inOutput text: String) -> [String] {
    text.split(separator: "\n").enumerated().flatMap { number, line in
      problems(inRecord: String(line)).map { "line \(number + 1): \($0)" }
    }
  }

  /// What is wrong with one record.
  public static func problems(inRecord line: String) -> [String] {
    do {
      let json = try JSON(parsing: line)
      let keys = json.members?.prefix(2).map(\.key)
      guard keys == ["type", "v"], let type = json["type"]?.string else {
        return ["does not start with `type` and `v`"]
      }
      guard let schema = try schema(of: type) else { return ["no schema for the type `\(type)`"] }
      return schema.problems(json)
    } catch {
      return ["\(error)"]
    }
  }
}
