import Testing
import ToolSupport

@Suite struct TextTests {
  @Test(
    "Numbers are rounded half away from zero",
    arguments: [
      (0.125, 2, "0.13"), (-0.125, 2, "-0.13"), (1.0, 0, "1"), (99.999, 1, "100.0"), (-0.001, 1, "0.0"),
      (0.05, 3, "0.050"), (.nan, 1, "-"), (.infinity, 1, "-"), (1e300, 1, "1e+300"),
    ] as [(Double, Int, String)])
  func decimals(value: Double, places: Int, text: String) {
    #expect(NumberText.decimal(value, places: places) == text)
  }

  @Test(
    "Thousands are set apart by commas",
    arguments: [
      (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (-1000, "-1,000"), (123_456, "123,456"),
      (14_736_714, "14,736,714"), (.min, "-9,223,372,036,854,775,808"),
    ] as [(Int, String)])
  func grouped(value: Int, text: String) {
    #expect(NumberText.grouped(value) == text)
  }

  @Test(
    "Pixel distances are shown as they are typed",
    arguments: [
      (0.0, "0"), (8.0 / 255, "8/255"), (0.3, "0.3"), (1, "1"), (0.2, "0.2"), (2, "2"),
      (-8.0 / 255, "-0.03137254901960784"),
    ] as [(Double, String)])
  func pixelDistances(value: Double, text: String) {
    #expect(NumberText.pixelDistance(value) == text)
  }

  @Test("Shares are percents")
  func percents() {
    #expect(NumberText.percent(0.1234) == "12.3 %")
    #expect(NumberText.percent(1, places: 0) == "100 %")
    #expect(NumberText.percent(.nan) == "-")
  }

  @Test(
    "Durations grow with their size",
    arguments: [
      (0.4, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (185, "3:05"), (3599.9, "1:00:00"), (7385, "2:03:05"), (-1, "-"),
      (.nan, "-"),
    ] as [(Double, String)])
  func durations(seconds: Double, text: String) {
    #expect(NumberText.duration(seconds: seconds) == text)
  }

  @Test("A table aligns its columns and has no space at the end of a line")
  func table() {
    var table = TextTable([.words("name"), .numbers("count"), .words("note")])
    table.add(["a", "7", "first"])
    table.add(["longer", "12345", ""])
    table.add(["é\u{1B}[31m", "1"])
    #expect(
      table.text == """
        name    count  note
        a           7  first
        longer  12345
        é?[31m      1

        """)
  }

  @Test("A column is as wide as its widest cell or title, whatever the others are")
  func widths() {
    var table = TextTable([.numbers("n"), .words("a long title"), .words("x")])
    #expect(table.text == "n  a long title  x\n")
    table.add(["1234567", "", "y"])
    table.add([])
    table.add(["", "a cell longer than its title", "", "surplus"])
    #expect(
      table.text.split(separator: "\n", omittingEmptySubsequences: false) == [
        "      n  a long title                  x", "1234567                                y", "",
        "         a cell longer than its title", "",
      ])
  }

  @Test("Letters with accents take one column, however they are coded, and breaks of lines do not break rows")
  func letters() {
    var table = TextTable([.words("w"), .numbers("n")])
    table.add(["e\u{301}e", "1"])
    table.add(["é", "22"])
    table.add(["a\nb\tc", "3"])
    #expect(table.text == "w       n\ne\u{301}e      1\né      22\na?b?c   3\n")
  }

  @Test("A table without columns has empty lines only")
  func noColumns() {
    var table = TextTable([])
    table.add(["dropped"])
    #expect(table.text == "\n\n")
  }

  @Test("Each twentieth fills one place of the bar, and percents are rounded down", arguments: 0...200)
  func places(step: Int) {
    let text = ProgressLine.text(label: "l", fraction: Double(step) / 200, details: "", columns: 200)
    #expect(text.count { $0 == "#" } == step / 10)
    #expect(text.count { $0 == "." } == 20 - step / 10)
    #expect((text.contains("] 100 %")) == (step == 200))
  }

  @Test("A bar keeps within its columns and cannot steer a terminal", arguments: [-5, 0, 1, 2, 10, 39, 40, 41, 80])
  func columns(count: Int) {
    let text = ProgressLine.text(label: "épo\u{1B}ch", fraction: 0.25, details: "a\r\nb", columns: count)
    let whole = "épo?ch [#####...............] 25 %  a??b"
    #expect(text == String(whole.prefix(max(count - 1, 1))))
  }

  @Test(
    "A bar shows the share done and never wraps",
    arguments: [
      (0.0, "epoch 1/2 [....................] 0 %  loss 1"), (0.5, "epoch 1/2 [##########..........] 50 %  loss 1"),
      (1.0, "epoch 1/2 [####################] 100 %  loss 1"), (7, "epoch 1/2 [####################] 100 %  loss 1"),
      (-.infinity, "epoch 1/2 [....................] 0 %  loss 1"),
    ] as [(Double, String)])
  func bar(fraction: Double, text: String) {
    #expect(ProgressLine.text(label: "epoch 1/2", fraction: fraction, details: "loss 1", columns: 80) == text)
    #expect(ProgressLine.text(label: "epoch 1/2", fraction: fraction, details: "loss", columns: 20).count == 19)
  }
}
