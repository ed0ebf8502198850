import Foundation
import Reports
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Tables and texts as markup, and as files to be saved.
@Suite struct TableTests {
  private func table(_ rows: [[HTMLTable.Cell]]) -> HTMLTable {
    var table = HTMLTable([.words("name"), .numbers("count"), .words("note")])
    for row in rows { table.add(row) }
    return table
  }

  @Test("A table is markup that a parser takes, with a label at every cell for narrow pages")
  func markup() throws {
    let html = table([
      [.init("a<b>&\"c'"), .init("12", detail: "10 to 14", value: "0.12"), .init("x")],
      [.init("d"), .init("3"), .init("")],
    ]).html
    #expect(XMLParser(data: Data(html.utf8)).parse())
    #expect(html.contains("<td data-label=\"name\"><span>a&lt;b&gt;&amp;&quot;c&#39;</span></td>"))
    #expect(
      html.contains(
        "<td class=\"number\" data-label=\"count\" data-value=\"0.12\"><span>12 <small>10 to 14</small></span></td>"))
    // What says nothing takes no room in a narrow page.
    #expect(html.contains("<td class=\"none\" data-label=\"note\"><span></span></td>"))
    #expect(html.components(separatedBy: "<th scope=\"col\"").count == 4)
  }

  @Test("A column in which nothing stands is left out of the page, and kept in the file")
  func emptyColumns() {
    let sparse = table([[.init("a"), .init("1"), .init("")], [.init("b"), .init("2"), .init("")]])
    #expect(!sparse.html.contains("note") && sparse.html.components(separatedBy: "<td").count == 5)
    #expect(String(decoding: sparse.commaSeparated, as: UTF8.self) == "name,count,note\r\na,1,\r\nb,2,\r\n")
    #expect(table([]).isEmpty && !sparse.isEmpty)
  }

  @Test(
    "Comma-separated values are quoted where RFC 4180 asks for it, and their numbers are exact",
    arguments: [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("two\nlines", "\"two\nlines\""),
      ("", ""),
    ])
  func quoting(text: String, written: String) {
    let bytes = table([[.init(text), .init("50.0 %", value: "0.5"), .init("-")]]).commaSeparated
    #expect(String(decoding: bytes, as: UTF8.self) == "name,count,note\r\n\(written),0.5,-\r\n")
  }

  @Test(
    "Text is never markup and steers nothing",
    arguments: [
      ("<b>", "&lt;b&gt;"), ("a & b", "a &amp; b"), ("\"'", "&quot;&#39;"), ("\u{1B}[31m", "?[31m"), ("\u{202E}", "?"),
      ("1 → 2 °", "1 → 2 °"), ("\n", "?"),
    ])
  func escaping(text: String, html: String) {
    #expect(HTML.escaped(text) == html)
    #expect(HTML.paragraph(text) == "<p>\(html)</p>\n")
    #expect(HTML.shell([text, text]) == "<pre>\(html)\n\(html)</pre>\n")
    #expect(HTML.section("a", text, "x") == "<section id=\"a\">\n<h2>\(html)</h2>\nx</section>\n")
    #expect(HTML.section("a", text, "") == "")
  }

  @Test("A download holds its bytes and its name")
  func downloads() throws {
    let link = HTML.download("All <records>", Array("{}\n".utf8), file: "r.ndjson", type: "text/plain")
    #expect(link == "<a download=\"r.ndjson\" href=\"data:text/plain;base64,e30K\">All &lt;records&gt;</a>")
  }

  @Test("Of the classes, the commonest mistake is the first of those that are as common, and shares are those counted")
  func classes() {
    var counts = ClassCounts()
    for (label, natural, perturbed) in [(2, 2, 2), (2, 2, 1), (2, 1, 1), (2, 2, 0), (2, 2, 0), (0, 0, 0), (-1, 0, 5)] {
      counts.add(label: label, natural: natural, perturbed: perturbed)
    }
    #expect(counts.rows.map(\.label) == [-1, 0, 2])
    let row = counts.rows[2]
    #expect(row.count == 5 && row.naturallyCorrect == 4 && row.correct == 1 && row.accuracy == 0.2)
    #expect(row.commonest?.label == 0 && row.commonest?.count == 2)
    #expect(counts.rows[1].commonest == nil)
  }
}
