import Foundation

/// A fenced block of a page in Markdown.
public struct MarkdownBlock: Sendable, CustomStringConvertible {
  /// The page, relative to the repository.
  public let page: String
  /// The 1-based line of the block's first line.
  public let line: Int
  /// The word after the opening fence.
  public let language: String
  /// The block's lines.
  public let lines: [String]

  /// `page:line`.
  public var description: String { "\(page):\(line)" }

  /// The blocks of `page`, a path relative to the repository.
  /// - Throws: when the page cannot be read.
  public static func blocks(of page: String) throws -> [MarkdownBlock] {
    let text = try String(contentsOf: Fixture.repository.appending(path: page), encoding: .utf8)
    return blocks(in: text, page: page)
  }

  /// The blocks in `text`; an opening fence is three backticks at the start of a line.
  public static func blocks(in text: String, page: String) -> [MarkdownBlock] {
    var blocks: [MarkdownBlock] = []
    var open: (line: Int, language: String, lines: [String])?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard line.hasPrefix("```") else {
        open?.lines.append(String(line))
        continue
      }
      if let block = open {
        blocks.append(MarkdownBlock(page: page, line: block.line, language: block.language, lines: block.lines))
        open = nil
      } else {
        open = (number + 2, String(line.dropFirst(3)), [])
      }
    }
    return blocks
  }

  /// The pages, relative to the repository, that match `folder/*.md`, sorted.
  public static func pages(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.repository.appending(path: folder).path))
    return (names ?? []).filter { $0.hasSuffix(".md") }.sorted().map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
  }

  /// The README of every tool, relative to the repository, sorted.
  public static var toolPages: [String] {
    let tools = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.repository.appending(path: "tools").path))
    return (tools ?? []).sorted().map { "tools/\($0)/README.md" }
      .filter { FileManager.default.fileExists(atPath: Fixture.repository.appending(path: $0).path) }
  }
}
