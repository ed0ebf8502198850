import Foundation
import ImageFiles
import Records
import TestSupport
import Testing

/// Figures and pictures in terminals: as graphics where these are shown, else as text.
@Suite struct PlotGraphicsToolTests {
  /// Nothing of the terminal that the tests run in.
  private static let plain = [
    "KITTY_WINDOW_ID": "", "NO_COLOR": "", "STY": "", "TERM": "dumb", "TERM_PROGRAM": "", "TMUX": "",
  ]

  private static let isDrawing = (try? bash("echo | cusp-plot training --as png").errors.contains("librsvg")) == false

  /// Runs `body` in a folder with records of a profile, of epochs, and a model.
  private func withFiles(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let scores = [0, 30.0, 60].flatMap { angle -> [UInt8] in
        let setting = Setting(model: "m", attack: "none", norm: "none", epsilon: 0, rotation: angle, total: 100)
        let tally = Tally(count: 100, fooled: 10 + Int(angle), naturallyCorrect: 100, correct: 90 - Int(angle))
        return ScoreRecord(setting: setting, tally: tally).line
      }
      let epochs = (1...3).flatMap { epoch -> [UInt8] in
        EpochRecord(
          epoch: epoch, epochs: 3, learningRate: 0.1, rotation: 0, translation: 0, epsilon: 0, loss: 1, accuracy: 0.5,
          imagesPerSecond: 1, seconds: 1
        ).line
      }
      try Data(scores).write(to: URL(fileURLWithPath: "\(folder)/records"))
      try Data(epochs).write(to: URL(fileURLWithPath: "\(folder)/epochs"))
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/n.h5")
      try body(folder)
    }
  }

  /// What `cusp-plot` shows at a terminal with these variables, and how it ends.
  private func show(
    _ arguments: String, _ variables: [String: String], folder: String, pixels: UInt16 = 0
  ) throws -> (text: String, status: Int32) {
    let words = ["\(BuiltTool.folder)/cusp-plot"] + arguments.split(separator: " ").map(String.init)
    let environment = Self.plain.merging(variables) { $1 }
    return try PseudoTerminal(words, environment: environment, folder: folder, pixels: pixels).finish()
  }

  /// What a text begins with: nothing, a title, a question to the terminal.
  private func form(_ text: String) -> String {
    if text.hasPrefix("\u{1B}_Ga=T,f=100,") { return "kitty" }
    if text.hasPrefix("\u{1B}Pq\"1;1;") { return "sixel" }
    return text.hasPrefix("accuracy") || text.hasPrefix("\u{1B}[caccuracy") ? "text" : text
  }

  @Test(
    "Kitty's pieces are the PNG, and sixels its pixels, in files and through pipes; the same bytes twice",
    .enabled(if: isDrawing, "needs librsvg"),
    arguments: [
      "profile records", "profile records --size 500x300 --title A", "filters n.h5", "profile records --theme paper",
    ])
  func bytes(arguments: String) throws {
    try withFiles { folder in
      let outcome = try bash(
        """
        cusp-plot \(arguments) --output a.png &&
        for form in kitty sixel; do
          cusp-plot \(arguments) --as $form > a.$form && cusp-plot \(arguments) --as $form --output b.$form &&
            cmp a.$form b.$form || exit 1
        done
        """, folder: folder)
      try #require(outcome.status == 0 && outcome.errors.isEmpty && outcome.output.isEmpty, "\(outcome.errors)")
      func data(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
      }
      let png = try data("a.png")
      let kitty = try KittyPicture(data("a.kitty"))
      #expect(kitty.file == png && kitty.pieces.allSatisfy { (1...4096).contains($0.utf8.count) })
      let image = try ImageFile(png, name: "a.png").pixels().converted(toChannels: 3)
      let sixel = try SixelPicture(data("a.sixel"))
      #expect(sixel.width == image.width && sixel.height == image.height && sixel.colourCount <= 256)
      try #require(sixel.rows.count == image.height && sixel.rows.allSatisfy { $0.count == image.width })
      // Paper is white, all else within what 256 colours leave.
      #expect(sixel.rows[0].allSatisfy { $0 == 0xFFFFFF })
      var differences = 0
      for (place, colour) in sixel.rows.joined().enumerated() {
        let colour = try #require(colour)
        for channel in 0..<3 {
          let difference = abs(colour >> (16 - 8 * channel) & 255 - Int(image.pixels[3 * place + channel]))
          if difference > 24 { Issue.record("pixel \(place): \(difference)") }
          differences += difference
        }
      }
      #expect(Double(differences) / Double(image.pixels.count) < 1)
    }
  }

  @Test("A terminal gets what it shows, unless --as says otherwise", .enabled(if: isDrawing, "needs librsvg"))
  func forms() throws {
    let kitty = ["TERM": "xterm-kitty"]
    let wrapped = ["TERM": "screen", "TMUX": "x", "KITTY_WINDOW_ID": "1"]
    let cases: [([String: String], String, String)] = [
      ([:], "", "text"), (["TERM": "linux"], "", "text"), (kitty, "", "kitty"), (["TERM": "foot"], "", "sixel"),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"], "", "kitty"), (wrapped, "", "text"),
      (wrapped, " --as kitty", "kitty"), (kitty, " --as text", "text"), (kitty, " --as sixel", "sixel"),
      ([:], " --as sixel", "sixel"), (kitty.merging(["NO_COLOR": "1"]) { $1 }, "", "text"),
      // Asked, it does not answer.
      (["TERM": "xterm"], "", "text"),
    ]
    try withFiles { folder in
      for (variables, option, expected) in cases {
        let (text, status) = try show("profile records\(option)", variables, folder: folder)
        #expect(status == 0 && form(text) == expected, "\(variables)\(option)")
        #expect(text.contains("\u{1B}[c") == (variables["TERM"] == "xterm" && option.isEmpty))
      }
    }
  }

  @Test(
    "Graphics are as wide as the terminal where that is less than a figure", .enabled(if: isDrawing, "needs librsvg"))
  func width() throws {
    try withFiles { folder in
      for (pixels, option, width) in [
        (500, "", 500), (1920, "", 800), (0, "", 800), (90, "", 400), (500, " --size 600", 600),
      ] as [(UInt16, String, Int)] {
        let shown = try show("profile records\(option)", ["TERM": "foot"], folder: folder, pixels: pixels)
        #expect(shown.text.hasPrefix("\u{1B}Pq\"1;1;\(width);"), "\(pixels)")
      }
    }
  }

  @Test(
    "A terminal that says that it shows sixels gets them, and is left as it was: answered, unanswered and interrupted",
    .enabled(if: isDrawing, "needs librsvg"))
  func question() throws {
    try withFiles { folder in
      // ^C ends the program, which the shell outlives.
      let script = "trap : INT; stty -g; '\(BuiltTool.folder)/cusp-plot' profile records; echo =$?; stty -g; stty"
      func ask(_ typed: String) throws -> (shown: String, before: String, after: String) {
        let terminal = try PseudoTerminal(
          ["/bin/sh", "-c", script], environment: Self.plain.merging(["TERM": "xterm-256color"]) { $1 }, folder: folder)
        let start = try terminal.wait(for: "\u{1B}[c")
        terminal.type(typed)
        let (rest, status) = try terminal.finish()
        #expect(status == 0)
        let lines = rest.components(separatedBy: "\r\n")
        let end = try #require(lines.firstIndex { $0.hasPrefix("=") })
        return (rest, start.components(separatedBy: "\r\n")[0], lines[end + 1])
      }
      for (typed, form, status) in [
        ("\u{1B}[?64;1;4;22c", "\u{1B}Pq\"1;1;", "=0"), ("ls\u{1B}[?62;4c", "\u{1B}Pq\"1;1;", "=0"),
        ("\u{1B}[?64;1;22c", "100 % │", "=0"), ("", "100 % │", "=0"), ("\u{3}", "=", "=130"),
      ] {
        // On a busy machine this test may be late with its answer.
        for attempt in 1...20 {
          let (shown, before, after) = try ask(typed)
          #expect(before == after && before.contains(":") && !shown.contains("-icanon"))
          // The answer is not shown, and what was typed with it is gone.
          let isSilent = !shown.contains("^[") && !shown.contains("[?6")
          let isRight = shown.contains(form) && shown.contains(status)
          let isSixel = form.hasPrefix("\u{1B}")
          if isSilent, isRight, shown.contains("\u{1B}Pq") == isSixel { break }
          #expect(attempt < 20, "\(typed.debugDescription): \(shown.debugDescription)")
        }
      }
    }
  }

  @Test(
    "Followed, a figure is text, or one picture in the place of the one before",
    .enabled(if: isDrawing, "needs librsvg"))
  func follow() throws {
    try withFiles { folder in
      let kitty = ["TERM": "xterm-kitty"]
      let text = try show("training epochs --follow", kitty, folder: folder)
      #expect(text.status == 0 && text.text.contains("│") && !text.text.contains("\u{1B}_G"))
      let home = "\u{1B}[H\u{1B}[J"
      for (form, start) in [("kitty", "\u{1B}_Ga=d,q=2\u{1B}\\\u{1B}_Ga=T,f=100,"), ("sixel", "\u{1B}Pq\"1;1;")] {
        let shown = try show("training epochs --follow --as \(form)", kitty, folder: folder)
        #expect(shown.status == 0)
        let pictures = shown.text.components(separatedBy: home)
        // Three epochs, and all of them at the end.
        #expect(pictures.count == 5 && pictures[0].isEmpty && pictures[1...].allSatisfy { $0.hasPrefix(start) })
      }
      let refused = try bash("cusp-plot training epochs --follow --as kitty", folder: folder)
      #expect(refused.status == 64 && refused.errors.contains("--follow: standard output is no terminal"))
    }
  }

  @Test(
    "Where librsvg is missing a terminal gets text, and who asks for graphics is told", arguments: ["kitty", "sixel"])
  func missing(form: String) throws {
    try withFiles { folder in
      // A library that is none comes first.
      try FileManager.default.createDirectory(atPath: "\(folder)/lib", withIntermediateDirectories: false)
      for name in ["librsvg-2.so.2", "librsvg-2.2.dylib"] {
        try Data("no".utf8).write(to: URL(fileURLWithPath: "\(folder)/lib/\(name)"))
      }
      let kitty = ["TERM": "xterm-kitty", "LD_LIBRARY_PATH": "\(folder)/lib"]
      let shown = try show("profile records", kitty, folder: folder)
      #expect(shown.status == 0 && self.form(shown.text) == "text")
      let told = try bash("LD_LIBRARY_PATH=lib cusp-plot profile records --as \(form)", folder: folder)
      #expect(told.status == 66 && told.output.isEmpty && told.errors.contains("apt install librsvg2-2"))
      #expect(told.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test("Pictures are half blocks in a terminal, of the columns it has; characters without colours; lines in a pipe")
  func pictures() throws {
    try withFiles { folder in
      let coloured = try show("filters n.h5 --as text", ["TERM": "xterm-kitty"], folder: folder)
      #expect(coloured.status == 0 && coloured.text.contains("▀\u{1B}[0m") && coloured.text.contains("Grey is zero"))
      let lines = coloured.text.components(separatedBy: "\r\n").filter { $0.contains("▀") }
      let counts = lines.map { $0.count { $0 == "▀" } }
      #expect(counts.count >= 3 && counts.allSatisfy { $0 <= 80 && $0 % 6 == 0 })
      let plain = try show("filters n.h5", ["TERM": "xterm", "NO_COLOR": "1"], folder: folder)
      #expect(!plain.text.contains("▀") && !plain.text.contains("\u{1B}") && plain.text.contains("Grey is zero"))
      let piped = try bash("cusp-plot filters n.h5 --as text", folder: folder)
      #expect(piped.text.split(separator: "\n").dropLast().allSatisfy { Int($0) != nil })
      _ = try bash("cusp-attack n.h5 --quiet --epsilon 0.2 --limit 60 --save set.npz > set.ndjson", folder: folder)
      let images = try show("images set.ndjson set.npz --as text", ["TERM": "foot"], folder: folder)
      // Twenty successes of three pictures of 8x8 pixels.
      #expect(images.text.count { $0 == "▀" } == 20 * 3 * 8 * 4 && images.text.contains(" → "))
    }
  }
}
