import Records
import Testing
import ToolSupport

@Suite struct NumberListTests {
  @Test(
    "Lists and ranges hold what they say",
    arguments: [
      ("0,2/255,4/255", [0, 2.0 / 255, 4.0 / 255]), ("7", [7]), ("0:180:60", [0, 60, 120, 180]), ("0:10:4", [0, 4, 8]),
      ("30:0:-15", [30, 15, 0]), ("5:5:1", [5]), ("0:0.5:0.1", [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
      ("0:3/255:1/255,1", [0, 1.0 / 255, 2.0 / 255, 3.0 / 255, 1]), ("-1:1:1", [-1, 0, 1]),
    ] as [(String, [Double])])
  func lists(text: String, values: [Double]) throws {
    let list = try #require(NumberList(text))
    #expect(list.values == values)
    #expect(list.text == text)
  }

  @Test(
    "What is no list is refused",
    arguments: [
      "", ",", "1,", "1:2", "1:2:3:4", "0:10:0", "0:10:-1", "10:0:1", "0:1e9:1", "a:1:2", "1::2", "0:1:1e-9",
    ])
  func listRefusals(text: String) {
    #expect(NumberList(text) == nil)
  }

  @Test("The numbers of a range are named by their shortest text")
  func rangeTexts() {
    #expect(NumberList("0:180:90")?.numbers.map(\.text) == ["0", "90", "180"])
    #expect(NumberList("0:0.3:0.1")?.numbers.map(\.text) == ["0", "0.1", "0.2", "0.3"])
  }
}
