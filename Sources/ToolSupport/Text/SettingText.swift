public import Records

extension [Setting] {
  /// What tells each setting from those that `shown` describes alike, such as `steps 2` and `steps 100`; empty texts for
  /// those that it describes alone.
  public func distinctions(beside shown: (Setting) -> [String]) -> [String] {
    var alike: [[String]: [Int]] = [:]
    for place in indices { alike[shown(self[place]), default: []].append(place) }
    var texts = map { _ in "" }
    for places in alike.values where places.count > 1 {
      let details = places.map { self[$0].details }
      // In the order in which they come up.
      let keys = details.flatMap { $0.map(\.key) }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      let telling = keys.filter { key in
        Set(details.map { detail in detail.first { $0.key == key }?.value }).count > 1
      }
      for (place, detail) in zip(places, details) {
        texts[place] = telling.compactMap { key in detail.first { $0.key == key }.map { "\(key) \($0.value)" } }
          .joined(separator: ", ")
      }
    }
    return texts
  }
}

extension Setting {
  /// What tables do not show for themselves, by name and as text.
  fileprivate var details: [(key: String, value: String)] {
    let own = [("data", data), ("split", split), ("total", total.map(String.init))]
      .compactMap { key, value in value.map { (key: key, value: $0) } }
    let parameters = (parameters?.members ?? []).map { member in
      (key: member.key.replacing("_", with: " "), value: member.value.string ?? Self.text(member.value))
    }
    return own + parameters
  }

  private static func text(_ value: JSON) -> String {
    switch value {
    case .number(let number): NumberText.significant(number)
    case .bool(true): "yes"
    default: value.text
    }
  }
}
