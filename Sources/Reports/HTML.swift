internal import Plots

/// Pieces of a page. What is called `html` is markup; all else is text, and escaped.
package enum HTML {
  /// `text` as it stands in a page or in an attribute, whatever comes in records.
  package static func escaped(_ text: String) -> String {
    printable(text).reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
  }

  /// A paragraph.
  package static func paragraph(_ text: String, style: String = "") -> String {
    "<p\(style.isEmpty ? "" : " class=\"\(style)\"")>\(escaped(text))</p>\n"
  }

  /// Lines of a shell.
  package static func shell(_ lines: [String]) -> String {
    "<pre>" + lines.map(escaped).joined(separator: "\n") + "</pre>\n"
  }

  /// A part of the page under its heading; nothing where it holds nothing.
  package static func section(_ name: String, _ heading: String, _ html: String) -> String {
    html.isEmpty ? "" : "<section id=\"\(name)\">\n<h2>\(escaped(heading))</h2>\n\(html)</section>\n"
  }

  /// A link that saves `bytes`, without a network or a script.
  package static func download(_ text: String, _ bytes: [UInt8], file: String, type: String) -> String {
    "<a download=\"\(file)\" href=\"\(dataAddress(of: bytes, type: type))\">\(escaped(text))</a>"
  }
}

/// A table that becomes a list of its rows where the page is narrow.
package struct HTMLTable {
  /// One column.
  package struct Column {
    var title: String
    var isNumber: Bool

    package static func words(_ title: String) -> Column { Column(title: title, isNumber: false) }
    package static func numbers(_ title: String) -> Column { Column(title: title, isNumber: true) }
  }

  /// What stands in a row and column.
  package struct Cell {
    var text: String
    /// In small letters below.
    var detail = ""
    /// What the cell is sorted by and downloaded as; its text unless given.
    var value: String?

    package init(_ text: String, detail: String = "", value: String? = nil) {
      (self.text, self.detail, self.value) = (text, detail, value)
    }
  }

  private let columns: [Column]
  private var rows: [[Cell]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  package var isEmpty: Bool { rows.isEmpty }

  package mutating func add(_ cells: [Cell]) { rows.append(cells) }

  /// The table without columns in which nothing stands.
  package var html: String {
    let shown = columns.indices.filter { column in rows.contains { !$0[column].text.isEmpty } }
    var html = "<table class=\"sortable\">\n<thead><tr>"
    for column in shown {
      html += "<th scope=\"col\"\(style(column))>\(HTML.escaped(columns[column].title))</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for row in rows {
      html += "<tr>"
      for column in shown {
        let cell = row[column]
        let value = cell.value.map { " data-value=\"\(HTML.escaped($0))\"" } ?? ""
        let detail = cell.detail.isEmpty ? "" : " <small>\(HTML.escaped(cell.detail))</small>"
        let kind = cell.text.isEmpty ? " class=\"none\"" : style(column)
        html += "<td\(kind) data-label=\"\(HTML.escaped(columns[column].title))\"\(value)>"
        html += "<span>\(HTML.escaped(cell.text))\(detail)</span></td>"
      }
      html += "</tr>\n"
    }
    return html + "</tbody>\n</table>\n"
  }

  /// The table as comma-separated values, by RFC 4180.
  package var commaSeparated: [UInt8] {
    func quoted(_ text: String) -> String {
      guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
      return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
    let lines = [columns.map(\.title)] + rows.map { $0.map { $0.value ?? $0.text } }
    return Array(lines.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined().utf8)
  }

  private func style(_ column: Int) -> String { columns[column].isNumber ? " class=\"number\"" : "" }
}
