import Failures
import Testing

@Suite("Failures")
struct FailureTests {
  @Test(
    "Every kind has the exit status that the contract gives it",
    arguments: [
      (Failure.Kind.usage, 64 as Int32), (.data, 65), (.noInput, 66), (.internal, 70), (.cannotCreate, 73),
      (.inputOutput, 74),
    ])
  func statuses(kind: Failure.Kind, status: Int32) {
    #expect(kind.exitStatus == status)
  }

  @Test("A message stays one line whatever it quotes")
  func oneLine() {
    let failure = Failure(.data, "model.h5: a name\nwith breaks\r\nin it")
    #expect(failure.description == "model.h5: a name with breaks in it")
  }

  @Test(
    "Every break of a line that Unicode knows is one space, and nothing else changes",
    arguments: [
      "\n", "\r", "\r\n", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}",
    ])
  func breaks(separator: String) {
    #expect(Failure(.usage, "a\(separator)b").message == "a b")
    #expect(Failure(.usage, separator).message == " ")
  }

  @Test("Text without breaks stays as it is", arguments: ["", "a\tb", "é 🐈 \u{1B}[0m", "e\u{301}"])
  func untouched(text: String) {
    #expect(Array(Failure(.data, text).message.utf8) == Array(text.utf8))
    #expect("\(Failure(.data, text))".utf8.elementsEqual(text.utf8))
  }

  @Test("Failures are equal in kind and message only")
  func equality() {
    #expect(Failure(.data, "a\nb") == Failure(.data, "a b"))
    #expect(Failure(.data, "a") != Failure(.usage, "a"))
    #expect(Failure(.data, "a") != Failure(.data, "b"))
  }
}
