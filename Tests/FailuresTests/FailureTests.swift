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
}
