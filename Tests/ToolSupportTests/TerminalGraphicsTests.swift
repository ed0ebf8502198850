import Foundation
import TestSupport
import Testing
import ToolSupport

/// Which terminals show pictures, and how they are asked.
@Suite struct TerminalGraphicsTests {
  @Test(
    "The environment says how a terminal shows pictures",
    arguments: [
      ([:], .showsNone), (["TERM": ""], .showsNone), (["TERM": "dumb"], .showsNone), (["TERM": "linux"], .showsNone),
      (["TERM": "vt100"], .showsNone), (["TERM": "screen-256color"], .showsNone),
      (["TERM": "xterm-kitty"], .shows(.kitty)), (["TERM": "xterm-ghostty"], .shows(.kitty)),
      (["TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"], .shows(.kitty)),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"], .shows(.kitty)),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"], .shows(.kitty)),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"], .mayShow), (["TERM": "xterm"], .mayShow),
      (["TERM": "xterm-256color", "KITTY_WINDOW_ID": ""], .mayShow), (["TERM": "foot"], .shows(.sixel)),
      (["TERM": "foot-extra"], .shows(.sixel)), (["TERM": "mlterm"], .shows(.sixel)),
      (["TERM": "mlterm-256color"], .shows(.sixel)),
      // Within tmux and screen the terminal is theirs, whatever it is around them.
      (["TERM": "xterm-kitty", "TMUX": "/tmp/tmux-1000/default,1,0"], .showsNone),
      (["TERM": "foot", "STY": "1.pts-0.host"], .showsNone), (["TERM": "foot", "TMUX": "", "STY": ""], .shows(.sixel)),
      (["TERM": "xterm", "TMUX": "x"], .showsNone), (["TERM": "xterm-kitty", "NO_COLOR": "1"], .showsNone),
      (["TERM": "xterm", "NO_COLOR": "1"], .showsNone), (["TERM": "foot", "NO_COLOR": ""], .shows(.sixel)),
    ] as [([String: String], TerminalGraphics.Hint)])
  func environment(variables: [String: String], hint: TerminalGraphics.Hint) {
    #expect(TerminalGraphics.hint({ variables[$0] }) == hint)
  }

  @Test(
    "Attributes are read out of what a terminal answers, whatever was typed before",
    arguments: [
      ("\u{1B}[?64;1;2;4;22c", [64, 1, 2, 4, 22]), ("\u{1B}[?6c", [6]), ("\u{1B}[?c", []), ("", nil),
      ("\u{1B}[?64;4", nil),
      ("ls\n\u{1B}[?62;4c", [62, 4]), ("\u{1B}[A\u{1B}[?1;2c\u{1B}[?62;4c", [1, 2]), ("[?62;4c", nil),
      ("\u{1B}[?62;4R", nil), ("\u{1B}[?1u\u{1B}[?62;4c", [62, 4]), ("\u{1B}[?62 4c", nil),
      ("\u{1B}[?99999999999999999999;4c", [4]),
    ] as [(String, Set<Int>?)])
  func answers(text: String, attributes: Set<Int>?) {
    #expect(TerminalQuery.attributes(in: Array(text.utf8)) == attributes)
  }

  @Test("What is no terminal is not asked, and nothing is written to it")
  func noTerminal() throws {
    let (question, answer) = (try PipeEnds(), try PipeEnds())
    let started = ContinuousClock.now
    let query = TerminalQuery(input: answer.reading, output: question.writing, patience: .seconds(60))
    #expect(query.attributes() == nil && ContinuousClock.now - started < .seconds(30))
    close(question.writing)
    var byte: UInt8 = 0
    #expect(read(question.reading, &byte, 1) == 0)
    let output = StandardOutput(descriptor: answer.writing)
    #expect(output.findGraphics() == nil && output.pixelColumns == nil)
    for descriptor in [question.reading, answer.reading, answer.writing] { close(descriptor) }
  }
}
