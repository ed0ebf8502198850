/// The first thing that two settings say differently.
public struct SettingDifference: Equatable, Sendable {
  /// The key, as records have it.
  public let key: String
  /// What the one says; nil where it leaves the key out.
  public let value: String?
  /// What the other says.
  public let other: String?

  /// A clause, such as "`epsilon` is 0.1 there, not 0.2", with `place` = ` there`.
  public func text(_ place: String = "") -> String {
    "`\(key)` is \(value ?? "left out")\(place), not \(other ?? "left out")"
  }
}

extension Setting {
  /// What this says differently from `other`, as records are written; nil where both say the same.
  public func difference(from other: Setting) -> SettingDifference? {
    Self.difference(members, other.members)
      ?? Self.difference(parameterMembers, other.parameterMembers)
  }

  private static func difference(_ members: [JSON.Member], _ others: [JSON.Member]) -> SettingDifference? {
    let keys = members.map(\.key)
    for key in keys + others.map(\.key).filter({ !keys.contains($0) }) {
      let values = [members, others].map { list in list.first { $0.key == key }?.value }
      guard values[0]?.normalised != values[1]?.normalised else { continue }
      let texts = values.map { $0.map { text($0, of: key) } }
      return SettingDifference(key: key, value: texts[0], other: texts[1])
    }
    return nil
  }

  /// A value for people; of a digest its beginning.
  private static func text(_ value: JSON, of key: String) -> String {
    guard let text = value.string else { return value.text }
    return ["model", "source"].contains(key) ? String(text.prefix(12)) : text
  }

  private var parameterMembers: [JSON.Member] { (parameters?.members ?? []).filter { $0.value != .null } }

  /// The setting as an object, without the model.
  var json: JSON {
    var setting = normalised
    (setting.model, setting.parameters) = ("", parameters)
    let keyed = setting.members.filter { $0.key != "model" }
    return .object(keyed + (parameters.map { [.init("parameters", $0)] } ?? []))
  }

  /// What a record says of the setting, but for the parameters.
  private var members: [JSON.Member] {
    var writer = RecordWriter()
    writer.begin("setting")
    write(into: &writer)
    writer.end()
    return ((try? JSON(parsing: writer.bytes))?.members ?? []).filter { !["type", "v"].contains($0.key) }
  }
}
