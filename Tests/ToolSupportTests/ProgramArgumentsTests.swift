import Failures
import Records
import Testing
import ToolSupport

/// What programs make of the words of a command line.
@Suite struct ProgramArgumentsTests {
  @Test(
    "A negative number goes with the option before it, and nothing else does",
    arguments: [
      ("--epsilon -5", "--epsilon=-5"), ("--seed -1 a.h5", "--seed=-1 a.h5"),
      ("--rotation-exact --rotation -30", "--rotation-exact --rotation=-30"),
      ("--rotation -30,-8/255:1:1", "--rotation=-30,-8/255:1:1"), ("--epsilon -.5", "--epsilon=-.5"),
      ("--flag -q", "--flag -q"), ("--epsilon=1 -5", "--epsilon=1 -5"), ("-5", "-5"), ("a -5", "a -5"),
      ("--epsilon -x", "--epsilon -x"), ("--epsilon -", "--epsilon -"), ("-q -1", "-q -1"),
      ("-- --epsilon -5", "-- --epsilon -5"), ("--epsilon -- -5", "--epsilon -- -5"),
      ("--a -1 -2", "--a=-1 -2"), ("--a -1 --b -2", "--a=-1 --b=-2"),
    ])
  func negative(typed: String, parsed: String) {
    let words = ProgramArguments.attachingNegativeNumbers(typed.split(separator: " ").map(String.init))
    #expect(words.joined(separator: " ") == parsed)
  }

  @Test(
    "What is no list of numbers is refused with what is wrong and the form that is taken",
    arguments: [
      ("30deg", "give numbers without a unit, as in 0.3, 8/255 or 15,30, or ranges FIRST:LAST:STEP, as in 0:180:15"),
      ("", "give numbers without a unit, as in 0.3, 8/255 or 15,30, or ranges FIRST:LAST:STEP, as in 0:180:15"),
      ("0.1:0.3", "0.1:0.3 has no step; give ranges as FIRST:LAST:STEP, as in 0:180:15"),
      ("180:0:15", "steps of 15 do not lead from 180 to 0; give FIRST:LAST:STEP, as in 0:180:15 or 180:0:-15"),
      ("0:1:0", "steps of 0 do not lead from 0 to 1; give FIRST:LAST:STEP, as in 0:180:15 or 180:0:-15"),
      ("0:1:1e-9", "give at most 10000 numbers"),
    ])
  func lists(text: String, message: String) {
    #expect(throws: Failure(.usage, message)) { try NumberList.typed(text) }
  }

  @Test(
    "What is no number and no seed is refused with the form that is taken", arguments: ["30deg", "", "1/0", "0x1p3"])
  func numbers(text: String) {
    #expect(throws: Failure(.usage, "give a number without a unit, as in 0.3 or 8/255")) { try ExactNumber.typed(text) }
    #expect(throws: Failure(.usage, "give a whole number of 0 to 2^64 - 1")) { try Seed.typed(text) }
  }

  @Test("Seeds have 64 bits", arguments: [0, 1, UInt64.max])
  func seeds(seed: UInt64) throws {
    #expect(try Seed.typed("\(seed)") == seed)
    #expect(throws: Failure.self) { try Seed.typed("-1") }
    #expect(throws: Failure.self) { try Seed.typed("18446744073709551616") }
  }
}
