public import Foundation

/// Where committed test inputs and reference numbers lie.
public enum Fixture {
  /// The top of the repository.
  public static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of `fixtures/<name>`.
  public static func path(_ name: String) -> String { repository.appending(path: "fixtures/\(name)").path }

  /// The bytes of `fixtures/<name>`.
  public static func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

  /// The folder of real images beside the repository, if it is there; tests that need it skip otherwise.
  public static let realImages: String? = {
    let path = repository.deletingLastPathComponent().appending(path: "shared/data").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  /// Runs `body` with the path of a new folder that is removed afterwards.
  public static func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cusp-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }
}
