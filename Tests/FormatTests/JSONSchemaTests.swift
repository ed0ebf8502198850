import Foundation
import Records
import TestSupport
import Testing

@Suite struct JSONSchemaTests {
  @Test("The validator agrees with an independent one, from fixtures/make/records.py")
  func reference() throws {
    let cases = try Fixture.data("records/schemas.ndjson").split(separator: 0x0A)
    #expect(cases.count > 60)
    for line in cases {
      let json = try JSON(parsing: Array(line))
      let problems = JSONSchema(try #require(json["schema"])).problems(try #require(json["instance"]))
      #expect(problems.isEmpty == json["valid"]?.bool, "\(json.text): \(problems)")
    }
  }

  @Test(
    "Problems name their place",
    arguments: [
      (#"{"properties":{"a":{"items":{"type":"string"}}}}"#, #"{"a":["x",1]}"#, "$.a[1]: is not string"),
      (#"{"required":["b"]}"#, #"{"a":1}"#, "$: `b` is missing"),
      (#"{"properties":{},"additionalProperties":false}"#, #"{"a":1}"#, "$.a: nothing is allowed here"),
      (#"{"format":"date"}"#, "1", "$: the schema's keyword `format` is not supported"),
      (##"{"$ref":"#/nowhere"}"##, "1", ##"$: cannot resolve "#/nowhere""##),
    ] as [(String, String, String)])
  func places(schema: String, instance: String, problem: String) throws {
    #expect(JSONSchema(try JSON(parsing: schema)).problems(try JSON(parsing: instance)) == [problem])
  }
}
