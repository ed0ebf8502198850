import Networks
import Records

extension TrainingRun {
  /// A command line that makes the same model, wherever and however often it is saved: for its provenance.
  var arguments: [String] {
    let preprocessing = graph.definition.preprocessing
    let halves = [preprocessing.mean, preprocessing.standardDeviation].map { half in
      half.map { "\($0)" }.joined(separator: ",")
    }
    let normalise = preprocessing == .none ? [] : ["--normalise=\(halves.joined(separator: "/"))"]
    return architecture + normalise + Self.options(document.members ?? [])
  }

  /// The network by name; of a run that began with a file's, only where the name makes that.
  private var architecture: [String] {
    let (definition, name) = (graph.definition, graph.definition.architecture)
    let option = ["--arch=\(name)"]
    guard document["from"] != nil else { return option }
    let made = Architecture(rawValue: name)?.definition(
      imageShape: definition.imageShape, classCount: definition.classCount, preprocessing: definition.preprocessing)
    return made == definition ? option : []
  }

  /// A stored configuration as command-line options: every key is that of an option, a list of texts that of several.
  static func options(_ members: [JSON.Member]) -> [String] {
    members.flatMap { member -> [String] in
      let name = "--\(member.key.replacing("_", with: "-"))"
      if member.value == .bool(true) { return [name] }
      let texts = (member.value.array ?? []).compactMap(\.string)
      return (texts.isEmpty ? [text(member.value)].compactMap(\.self) : texts).map { "\(name)=\($0)" }
    }
  }

  private static func text(_ value: JSON) -> String? {
    switch value {
    case .null: nil
    case .string(let text): text
    case .bool: nil
    case .array(let list): list.isEmpty ? "none" : list.map(\.text).joined(separator: ",")
    default: value.text
    }
  }
}
