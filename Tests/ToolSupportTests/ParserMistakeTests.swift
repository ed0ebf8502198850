import Testing
import ToolSupport

/// What people are told of a mistake in their arguments.
@Suite("Mistakes in arguments")
struct ParserMistakeTests {
  private let help = """
    OPTIONS:
      --arch <arch>           Which network.
      --learning-rate <rate>  How long a step is, as --momentum has it.
      --epsilon <epsilon>, --epochs <epochs>
      --ead/--no-ead
      --batch-size <count>
    """

  @Test(
    "an option is suggested by its beginning, its initials, or a misspelling",
    arguments: [
      ("--lr", "--learning-rate"), ("--eps", "--epsilon"), ("--epoch", "--epochs"), ("--bs", "--batch-size"),
      ("--learning-rat", "--learning-rate"), ("--lerning-rate", "--learning-rate"), ("--eead", "--ead"),
      ("--momentun", "--momentum"), ("-learning-rate", "--learning-rate"),
    ])
  func options(given: String, meant: String) {
    let line = ParserMistake.line("Unknown option '\(given)'. Did you mean '--arch'?", help: help)
    #expect(line == "Unknown option '\(given)'. Did you mean '\(meant)'?")
  }

  @Test("none is suggested where none is near", arguments: ["--zz", "--x", "--", "--quantisation"])
  func strangers(given: String) {
    #expect(ParserMistake.line("Unknown option '\(given)'", help: help) == "Unknown option '\(given)'")
  }

  @Test(
    "of many values those are told that contain the given one, else the nearest, else all",
    arguments: [
      ("net", "Did you mean resnet18, resnet34?"), ("resnet3", "Did you mean resnet34?"),
      ("vgg1", "Did you mean vgg11?"), ("wgg11", "Did you mean vgg11?"),
    ])
  func values(given: String, hint: String) {
    let message = "The value '\(given)' is invalid for '--arch <arch>'. Please provide one of the following:"
    let list = "\n  - resnet18\n  - resnet34\n  - vgg11"
    #expect(
      ParserMistake.line(message + list, help: help)
        == "The value '\(given)' is invalid for '--arch <arch>'. \(hint)")
  }

  @Test("all values are one line, and other messages stay as they are")
  func others() {
    let message = "The value 'zoo' is invalid for '--arch <arch>'. Please provide one of the following:\n  - a\n  - b"
    #expect(
      ParserMistake.line(message, help: help) == "The value 'zoo' is invalid for '--arch <arch>': give one of a, b")
    #expect(ParserMistake.line("Missing value for '--arch <arch>'", help: help) == "Missing value for '--arch <arch>'")
    #expect(ParserMistake.line("--rate 3: give less", help: help) == "--rate 3: give less")
  }
}
