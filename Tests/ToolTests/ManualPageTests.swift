import Foundation
import Records
import TestSupport
import Testing

/// What `tools/manual-page` makes of a program's page and its help.
@Suite struct ManualPageTests {
  private static let programs = OutputWalkTests.programs.map(\.name)
  private let script = BuiltTool(path: Fixture.repository.appending(path: "tools/manual-page").path)

  /// The manual page of the program `name`.
  private func page(_ name: String) throws -> String {
    let readme = Fixture.repository.appending(path: "tools/\(name)/README.md").path
    let outcome = try script.run([BuiltTool(name).path, readme, "2026-02-03"])
    try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    return outcome.text
  }

  /// The options and arguments of the program `name` and its verbs, as its parser describes them.
  private func options(_ name: String) throws -> [JSON] {
    let command = try JSON(parsing: BuiltTool(name).run(["--experimental-dump-help"]).text)["command"]
    let verbs = (command?["subcommands"]?.array ?? []).filter { $0["commandName"]?.string != "help" }
    return ([command].compactMap(\.self) + verbs).flatMap { $0["arguments"]?.array ?? [] }
      .filter { $0["shouldDisplay"]?.bool != false }
  }

  @Test("Every kind of text has its macros, and what a reader is to type stays as it is")
  func macros() throws {
    try Fixture.withTemporaryFolder { folder in
      let help = """
        OVERVIEW: Do it.

        EXAMPLES:
          cusp-x a

        USAGE: cusp-x [--epsilon <epsilon>] [<files> ...]

        ARGUMENTS:
          <files>                 Files; - for one.

        OPTIONS:
          --epsilon <epsilon>     How far, as in `8/255`. (default: 0.3)
          --a-rather-long-option <a-rather-long-option>
                                  Whatever \\ 'that' is.
          -q, --quiet             Say nothing.

        """
      let readme = """
        # cusp-x

        ## NAME

        cusp-x - do it

        ## SYNOPSIS

            cusp-x [--epsilon E] FILE

        ## DESCRIPTION

        Reads `it's ~/a-b`, as [cusp-y](../cusp-y/README.md) and
        [`cusp-a --b`](../cusp-a/README.md#c) do; see [it.md](../../formats/it.md).

        **What `--epsilon` is.** A --number of *one* \\ kind.

        .Dotted paragraphs (et al. 2018).
        'Tis another. And another

        - one
          and more
        * two

        | name | | after |
        |---|---|---|
        | `a` "b" | c | d |
        | No | | e |

        | what | it is |
        |---|---|
        | f | g |

        ## EXIT STATUS

        0 done.

        ## EXAMPLES

        ```console
        $ cusp-x '^' \\
        >   .5
        .5
        ```
        """
      let expected = #"""
        .Dd February 3, 2026
        .Dt CUSP-X 1
        .Os
        .Sh NAME
        .Nm cusp-x
        .Nd do it
        .Sh SYNOPSIS
        .Bd -literal
        cusp\-x [\-\-epsilon E] FILE
        .Ed
        .Sh DESCRIPTION
        Reads \fBit\(aqs \(ti/a\-b\fR, as \fBcusp\-y\fR(1) and \fBcusp\-a \-\-b\fR do; see it.md.
        .Pp
        \fBWhat \fB\-\-epsilon is.\fR A \-\-number of *one* \e kind.
        .Pp
        \&.Dotted paragraphs (et al. 2018).
        \&'Tis another.
        And another
        .Bl -bullet
        .It
        one and more
        .It
        two
        .El
        .Bl -tag -width Ds
        .It "\&\fBa\fR ""b"""
        c; after: d
        .It "\&No"
        after: e
        .El
        .Bl -tag -width Ds
        .It "\&f"
        g
        .El
        .Sh OPTIONS
        .Bl -tag -width Ds
        .It Ar files
        Files; - for one.
        .El
        .Bl -tag -width Ds
        .It Fl -epsilon Ar epsilon
        How far, as in \fB8/255\fR.
        (default: 0.3)
        .It Fl -a-rather-long-option Ar a-rather-long-option
        Whatever \e 'that' is.
        .It Fl q , Fl -quiet
        Say nothing.
        .El
        .Sh EXIT STATUS
        0 done.
        .Sh EXAMPLES
        .Bd -literal
        $ cusp\-x \(aq\(ha\(aq \e
        >   .5
        \&.5
        .Ed
        .Sh SEE ALSO
        .Xr cusp-a 1 ,
        .Xr cusp-y 1

        """#
      try help.write(toFile: "\(folder)/help", atomically: true, encoding: .utf8)
      try readme.write(toFile: "\(folder)/README.md", atomically: true, encoding: .utf8)
      let outcome = try bash(
        """
        printf '#!/bin/sh\\nexec cat "$(dirname "$0")/help"\\n' > cusp-x; chmod +x cusp-x
        '\(script.path)' ./cusp-x README.md 2026-02-03
        """, folder: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      #expect(outcome.text == expected)
    }
    #expect(try script.run(["a"]).errors == "tools/manual-page PROGRAM README.md DATE\n")
    #expect(try script.run([]).status == 64)
  }

  @Test("The page of every program has its sections, and all options with their defaults", arguments: programs)
  func sections(name: String) throws {
    let lines = try page(name).split(separator: "\n").map(String.init)
    let titles = lines.filter { $0.hasPrefix(".Sh ") }.map { $0.dropFirst(4) }
    let expected = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "INPUT", "OUTPUT", "EXIT STATUS", "EXAMPLES"]
    #expect(titles.filter { expected.contains(String($0)) } == expected.map { $0[...] }, "\(titles)")
    for option in try options(name) {
      let names = (option["names"]?.array ?? []).compactMap { $0["name"]?.string }
      let long = names.first { $0.count > 1 } ?? option["valueName"]?.string ?? ""
      let macro = names.isEmpty ? "Ar \(long)" : "Fl -\(long)"
      let places = lines.indices.filter { lines[$0].hasPrefix(".It ") && " \(lines[$0]) ".contains(" \(macro) ") }
      #expect(!places.isEmpty, "\(macro)")
      guard let value = option["defaultValue"]?.string, option["kind"]?.string == "option" else { continue }
      let texts = places.map { lines[($0 + 1)...].prefix { !$0.hasPrefix(".") }.joined(separator: " ") }
      #expect(texts.contains { $0.contains("default: \(value)") }, "\(macro): \(value)")
    }
  }

  @Test("Programs that a signal stops after saving say with what status")
  func statuses() throws {
    for name in ["cusp-train", "cusp-attack", "cusp-evaluate", "cusp-verify", "cusp-data"] {
      let status = try #require(try page(name).components(separatedBy: ".Sh EXIT STATUS\n").last)
      #expect(status.split(separator: "\n")[0].contains("75, 130, 143 "), "\(name)")
    }
  }

  @Test(
    "A page has no flaws, and read as people do it says what the program's page says",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/mandoc")), arguments: programs)
  func reading(name: String) throws {
    let text = try page(name)
    let mandoc = BuiltTool(path: "/usr/bin/mandoc")
    let flaws = try mandoc.run(["-T", "lint", "-W", "warning"], text: text)
    #expect(flaws.text.isEmpty && flaws.status == 0, "\(flaws.text)")
    let shown = try mandoc.run(["-T", "utf8", "-O", "width=400"], text: text).text
    // Bold letters are struck twice, and what is shown has other spaces.
    let words = shown.replacing(/.\u{8}/, with: "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let readme = try String(
      contentsOf: Fixture.repository.appending(path: "tools/\(name)/README.md"), encoding: .utf8)
    var isExample = false
    for line in readme.split(separator: "\n").dropFirst() {
      if line.hasPrefix("```") { isExample.toggle() }
      guard !line.hasPrefix("#"), !line.hasPrefix("```"), !line.hasPrefix("|") else { continue }
      // Links and what is between the marks of bold text are others there.
      let parts = isExample ? [line] : line.split { "`*[]()".contains($0) }
      for part in parts where isExample || !part.contains("/README.md") && !part.contains("/formats/") {
        let said = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let plain = said.hasPrefix("- ") && !isExample ? String(said.dropFirst(2)) : said
        let isSaid = plain.isEmpty || plain.hasPrefix("\(name) - ") || words.contains(plain)
        #expect(isSaid, "\(plain)")
      }
    }
  }
}
