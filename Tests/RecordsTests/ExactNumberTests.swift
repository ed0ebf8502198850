import Records
import Testing

@Suite struct ExactNumberTests {
  @Test(
    "Fractions and decimals mean the nearest double",
    arguments: [
      ("8/255", 8.0 / 255), ("2/255", 2.0 / 255), ("0.3", 0.3), ("0", 0), ("-0", 0), ("-1.5", -1.5), ("1e-3", 0.001),
      ("0.5/255", 0.5 / 255), ("1/0.5", 2), (".5", 0.5), ("0.03137254901960784", 8.0 / 255), ("+2", 2),
    ] as [(String, Double)])
  func values(text: String, value: Double) throws {
    let number = try #require(ExactNumber(text))
    #expect(number.value == value)
    #expect(number.text == text)
    #expect(number.value.sign == (value < 0 ? .minus : .plus))
  }

  @Test(
    "What is no number is refused",
    arguments: [
      "", "/", "8/", "/255", "1/0", "8/255/2", "nan", "inf", "0x10", "1e999", "1/1e-320", "8 / 255", "a", "1,2", "--1",
    ])
  func refusals(text: String) {
    #expect(ExactNumber(text) == nil)
  }

  @Test(
    "A number of JSON means itself, bare or as a text",
    arguments: [
      ("0.3", "0.3", 0.3), ("2", "2", 2), ("2.0", "2", 2), ("1e-3", "0.001", 0.001), (#""8/255""#, "8/255", 8.0 / 255),
      (#""0.30""#, "0.30", 0.3),
    ] as [(String, String, Double)])
  func json(json: String, text: String, value: Double) throws {
    let number = try JSON(parsing: json).exactNumber
    #expect(number?.text == text)
    #expect(number?.value == value)
  }

  @Test("Other JSON is no number", arguments: ["null", "true", "[1]", "{}", #""a""#, #""""#])
  func otherJSON(json: String) throws {
    #expect(try JSON(parsing: json).exactNumber == nil)
  }
}
