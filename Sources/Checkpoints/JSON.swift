internal import Failures
internal import Files
package import Networks

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The JSON of `definition` with sorted keys and no spaces, in ASCII: the form that is stored and digested.
package func definitionJSON(_ definition: NetworkDefinition) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  do {
    return ascii(String(decoding: try encoder.encode(definition), as: UTF8.self))
  } catch {
    throw Failure(.internal, "network \(definition.architecture): has no JSON: \(error)")
  }
}

/// The definition that `json` holds, as `formats/definition.md` describes it.
///
/// - Throws: `.data` naming the key at fault and the node it belongs to.
package func definition(json: String) throws -> NetworkDefinition {
  do {
    return try JSONDecoder().decode(NetworkDefinition.self, from: Data(json.utf8))
  } catch let DecodingError.keyNotFound(key, context) {
    throw malformed(context.codingPath + [key], of: json, "is missing")
  } catch let DecodingError.typeMismatch(_, context) {
    throw malformed(context.codingPath, of: json, "has another type")
  } catch let DecodingError.valueNotFound(_, context) {
    throw malformed(context.codingPath, of: json, "is null")
  } catch let DecodingError.dataCorrupted(context) where !context.codingPath.isEmpty {
    throw malformed(context.codingPath, of: json, "has a value that is not known")
  } catch DecodingError.dataCorrupted where isJSON(json) {
    // Numbers are told without their place.
    let reason = "a number where it does not fit, as a fraction for a count"
    throw Failure(.data, "the definition has \(reason); was it written by a newer version?")
  } catch {
    throw Failure(.data, "the definition is not JSON; formats/definition.md says what it is")
  }
}

/// The network that the file `path` describes, checked.
///
/// - Throws: as `definition(json:)` and `NetworkGraph.init`, naming the file; `.noInput` if it is not there; `.data` if it
///   has more than 16 MiB.
package func readDefinition(path: String) throws -> NetworkDefinition {
  let text = String(decoding: try readBytes(path: path, limit: 1 << 24), as: UTF8.self)
  do {
    return try NetworkGraph(definition(json: text)).definition
  } catch let failure as Failure {
    throw Failure(failure.kind, "\(path): \(failure.message)")
  }
}

private func isJSON(_ text: String) -> Bool {
  struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }
  return (try? JSONDecoder().decode(Anything.self, from: Data(text.utf8))) != nil
}

private func malformed(_ path: [any CodingKey], of json: String, _ reason: String) -> Failure {
  let place = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
  let isOfNode = path.count > 1 && path[0].stringValue == "nodes"
  let node = isOfNode ? path[1].intValue.flatMap { nodeName($0, in: json) } : nil
  let owner = node.map { " (node \($0))" } ?? ""
  return Failure(.data, "the definition's \(place)\(owner) \(reason); was it written by a newer version?")
}

/// What node `index` is called, if the definition gets that far.
private func nodeName(_ index: Int, in json: String) -> String? {
  struct Names: Decodable {
    struct Node: Decodable {
      let name: String?
    }
    let nodes: [Node]
  }
  let names = try? JSONDecoder().decode(Names.self, from: Data(json.utf8)).nodes
  return names.flatMap { $0.indices.contains(index) ? $0[index].name : nil }
}

/// `json` with `\u` escapes for what is not ASCII, which in JSON can only stand in strings.
///
/// Readers such as `h5dump` garble anything else.
func ascii(_ json: String) -> String {
  guard !json.utf8.allSatisfy({ $0 < 0x80 }) else { return json }
  var text = ""
  for unit in json.utf16 {
    if unit < 0x80 {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
    } else {
      let digits = String(unit, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
  return text
}
