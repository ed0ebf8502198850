import ArgumentParser
import Records
import Testing
import ToolSupport

/// How progress is asked for, and what people are told of it.
@Suite struct ProgressTests {
  @Test(
    "What a command line asks for is found in it, whatever else is wrong there",
    arguments: [
      ([], .text), (["--progress", "json"], .json), (["--wrong", "--progress=json", "x"], .json),
      (["--progress", "json", "--progress", "none"], .off), (["--progress"], .text), (["--progress", "xml"], .text),
      (["--", "--progress", "json"], .text), (["progress", "json"], .text),
    ] as [([String], ProgressFormat)])
  func asked(words: [String], format: ProgressFormat) {
    #expect(ProgressFormat.asked(by: words) == format)
  }

  @Test("It is text unless something else is chosen, and quiet takes no JSON")
  func options() throws {
    #expect(try CommonOptions.parse([]).progress == .text)
    #expect(try CommonOptions.parse(["-q", "--progress", "none"]).progress == .off)
    #expect(throws: (any Error).self) { try CommonOptions.parse(["--quiet", "--progress", "json"]) }
    #expect(Diagnostics(name: "a", progress: .json).isInteractive == false)
  }

  @Test(
    "People are told what is known, what an epoch measures before its pace",
    arguments: [
      (ProgressFacts(), ""), (ProgressFacts(file: "a.gz", bytes: 5_797_120), "a.gz, 5,797 kB"),
      (ProgressFacts(images: 1), "1 image"),
      (
        ProgressFacts(images: 64, accuracy: 0.975, imagesPerSecond: 56.25, secondsLeft: 42),
        "64 images, 56.3 images/s, 42 s left, accuracy 97.5 %"
      ),
      (
        ProgressFacts(images: 64, loss: 1.625, accuracy: 0.5, imagesPerSecond: 812.5, secondsLeft: 90),
        "loss 1.6250, accuracy 50.0 %, 813 images/s, 1:30 left"
      ),
    ] as [(ProgressFacts, String)])
  func text(facts: ProgressFacts, text: String) {
    #expect(facts.text == text)
  }

  @Test("The pace is that of the images of this run, not of those that an earlier one did")
  func pace() {
    let facts = ProgressFacts(images: 60, of: 100, earlier: 40, seconds: 10)
    #expect(facts == ProgressFacts(images: 60, imagesPerSecond: 2, secondsLeft: 20))
    #expect(ProgressFacts(images: 60, of: 100, seconds: 10).imagesPerSecond == 6)
    #expect(ProgressFacts(images: 40, of: 100, earlier: 40, seconds: 10) == ProgressFacts(images: 40))
  }

  @Test("A record has no fact that is no finite number")
  func notFinite() {
    let facts = ProgressFacts(loss: .nan, accuracy: .infinity, imagesPerSecond: -.infinity, secondsLeft: .nan)
    let record = ProgressRecord(program: "p", label: "l", fraction: 0.5, seconds: 1, details: "", facts: facts)
    #expect(
      String(decoding: record.line, as: UTF8.self)
        == #"{"type":"progress","v":1,"program":"p","label":"l","fraction":0.5,"seconds":1,"details":""}"# + "\n")
  }
}
