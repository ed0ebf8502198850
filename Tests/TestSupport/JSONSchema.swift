public import Records

/// A small validator of JSON Schema, draft 2020-12: the keywords that our schemas use, and no others.
///
/// Strict: a keyword that it does not know is a problem of the schema, never silence.
public struct JSONSchema: Sendable {
  private let root: JSON

  /// The schema `root`.
  public init(_ root: JSON) { self.root = root }

  /// What is wrong with `instance`, each after its path; nothing when it is valid.
  public func problems(_ instance: JSON) -> [String] { problems(instance, root, "$") }

  private func problems(_ instance: JSON, _ schema: JSON, _ path: String) -> [String] {
    if let always = schema.bool { return always ? [] : ["\(path): nothing is allowed here"] }
    guard let keywords = schema.members else { return ["\(path): the schema is neither object nor truth value"] }
    return keywords.flatMap { keyword in problems(instance, schema, keyword, path) }
  }

  private func problems(_ instance: JSON, _ schema: JSON, _ keyword: JSON.Member, _ path: String) -> [String] {
    let value = keyword.value
    switch keyword.key {
    case "$schema", "$id", "$defs", "title", "description", "$comment", "examples": return []
    case "$ref":
      return reference(value).map { problems(instance, $0, path) } ?? ["\(path): cannot resolve \(value.text)"]
    case "type":
      let names = value.array?.compactMap(\.string) ?? [value.string ?? ""]
      return names.contains { isOf(instance, type: $0) } ? [] : ["\(path): is not \(names.joined(separator: " or "))"]
    case "const": return same(instance, value) ? [] : ["\(path): is not \(value.text)"]
    case "enum":
      return (value.array ?? []).contains { same(instance, $0) } ? [] : ["\(path): is not one of \(value.text)"]
    case "anyOf", "oneOf":
      let count = (value.array ?? []).count { problems(instance, $0, path).isEmpty }
      let isValid = keyword.key == "anyOf" ? count > 0 : count == 1
      return isValid ? [] : ["\(path): fits \(count) schemas of \(keyword.key)"]
    case "properties", "required", "additionalProperties":
      return instance.members.map { objectProblems($0, schema, keyword, path) } ?? []
    case "items", "prefixItems", "minItems", "maxItems":
      return instance.array.map { arrayProblems($0, schema, keyword, path) } ?? []
    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
      return instance.number.map { numberProblems($0, keyword, path) } ?? []
    case "pattern", "minLength":
      return instance.string.map { stringProblems($0, keyword, path) } ?? []
    default: return ["\(path): the schema's keyword `\(keyword.key)` is not supported"]
    }
  }

  private func objectProblems(_ members: [JSON.Member], _ schema: JSON, _ keyword: JSON.Member, _ path: String)
    -> [String]
  {
    switch keyword.key {
    case "required":
      let missing = (keyword.value.array ?? []).compactMap(\.string).filter { name in
        !members.contains { $0.key == name }
      }
      return missing.map { "\(path): `\($0)` is missing" }
    case "properties":
      return members.flatMap { member in
        keyword.value[member.key].map { problems(member.value, $0, "\(path).\(member.key)") } ?? []
      }
    default:
      let others = members.filter { schema["properties"]?[$0.key] == nil }
      return others.flatMap { problems($0.value, keyword.value, "\(path).\($0.key)") }
    }
  }

  private func arrayProblems(_ elements: [JSON], _ schema: JSON, _ keyword: JSON.Member, _ path: String) -> [String] {
    let bound = keyword.value.integer ?? 0
    switch keyword.key {
    case "minItems": return elements.count < bound ? ["\(path): has fewer than \(bound) elements"] : []
    case "maxItems": return elements.count > bound ? ["\(path): has more than \(bound) elements"] : []
    case "prefixItems":
      return zip(elements, keyword.value.array ?? []).enumerated().flatMap { position, pair in
        problems(pair.0, pair.1, "\(path)[\(position)]")
      }
    default:
      let start = schema["prefixItems"]?.array?.count ?? 0
      return elements.enumerated().dropFirst(start).flatMap { position, element in
        problems(element, keyword.value, "\(path)[\(position)]")
      }
    }
  }

  private func numberProblems(_ number: Double, _ keyword: JSON.Member, _ path: String) -> [String] {
    guard let bound = keyword.value.number else { return ["\(path): `\(keyword.key)` is not a number"] }
    let isValid =
      switch keyword.key {
      case "minimum": number >= bound
      case "maximum": number <= bound
      case "exclusiveMinimum": number > bound
      default: number < bound
      }
    return isValid ? [] : ["\(path): breaks \(keyword.key) \(keyword.value.text)"]
  }

  private func stringProblems(_ text: String, _ keyword: JSON.Member, _ path: String) -> [String] {
    if keyword.key == "minLength" {
      return text.unicodeScalars.count < keyword.value.integer ?? 0 ? ["\(path): is too short"] : []
    }
    guard let pattern = keyword.value.string, let expression = try? Regex(pattern) else {
      return ["\(path): the schema's pattern \(keyword.value.text) is none"]
    }
    return text.firstMatch(of: expression) == nil ? ["\(path): does not match \(pattern)"] : []
  }

  /// Whether two values are equal, where 1 and 1.0 are.
  private func same(_ first: JSON, _ second: JSON) -> Bool {
    switch (first, second) {
    case (.array(let first), .array(let second)):
      first.count == second.count && zip(first, second).allSatisfy(same)
    case (.object(let members), .object(let others)):
      members.count == others.count
        && members.allSatisfy { member in
          second[member.key].map { same(member.value, $0) } ?? false
        }
    default: first == second || (first.number != nil && first.number == second.number)
    }
  }

  private func isOf(_ instance: JSON, type: String) -> Bool {
    switch (type, instance) {
    case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object),
      ("number", .integer), ("number", .number), ("integer", .integer):
      true
    case ("integer", .number(let value)): value.rounded() == value
    default: false
    }
  }

  /// The schema that `#` or `#/$defs/name` points to.
  private func reference(_ value: JSON) -> JSON? {
    guard let text = value.string else { return nil }
    if text == "#" { return root }
    guard text.hasPrefix("#/$defs/") else { return nil }
    return root["$defs"]?[String(text.dropFirst("#/$defs/".count))]
  }
}
