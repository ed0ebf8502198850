import Records
import TestSupport
import Testing

@Suite struct Base64Tests {
  @Test("Texts and bytes are those of an independent implementation, from fixtures/make/service.py")
  func reference() throws {
    let cases = try Fixture.data("service/base64.ndjson").split(separator: 0x0A)
    #expect(cases.count == 24)
    for line in cases {
      let json = try JSON(parsing: Array(line))
      let bytes = try #require(json["bytes"]?.array).compactMap(\.integer).map(UInt8.init)
      let text = try #require(json["text"]?.string)
      #expect(Base64.encode(bytes) == text)
      #expect(Base64.decode(text) == bytes)
    }
  }

  @Test(
    "What is not strict is refused",
    arguments: [
      "A", "AA", "AAA", "AAAAA", "AAA==", "=", "==", "===", "====", "A===", "AA=A", "=AAA", "AA==AAAA", "AAA=AAAA",
      "AA AA", "AAAA\n", "AA-_", "AAA\u{E9}", "AB==", "AAB=", "AAA*", "\0AAA", "AAAA ===",
    ])
  func refusals(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
