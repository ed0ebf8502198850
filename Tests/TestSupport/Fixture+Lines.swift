import Foundation
public import Records

extension Fixture {
  /// The JSON values of `fixtures/<name>`, one a line.
  /// - Throws: when the file is missing or a line is not JSON.
  public static func lines(_ name: String) throws -> [JSON] {
    try data(name).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
  }
}
