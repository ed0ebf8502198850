import Networks
import Tensors

/// Those of a file's tensors that may be a network: all whose names begin alike, by the names that are left.
struct NetworkPart {
  /// What the names begin with, the dot included; empty for all tensors.
  let prefix: String
  /// The tensors by the rest of their names.
  let tensors: [ParameterPath: StoredTensor]
  /// The tensors whose names begin otherwise.
  let others: [StoredTensor]
  /// Whether nearly all elements are in it.
  let isMain: Bool

  private static let limit = 24
  /// How many names with dots after them may stand before those of a network.
  private static let depth = 8

  /// The parts of `tensors`: all of them first, then those below a common beginning, the largest first.
  static func parts(of tensors: [StoredTensor]) -> [NetworkPart] {
    let total = tensors.reduce(0) { $0 + $1.shape.count }
    var sizes: [String: Int] = ["": total]
    var order = [""]
    for tensor in tensors {
      let bytes = tensor.name.utf8
      for dot in bytes.indices.lazy.filter({ bytes[$0] == UInt8(ascii: ".") }).prefix(depth) {
        let prefix = String(tensor.name[...dot])
        if sizes[prefix] == nil { order.append(prefix) }
        sizes[prefix, default: 0] += tensor.shape.count
      }
    }
    let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    func rank(_ prefix: String) -> (Int, Int, Int) { (-(sizes[prefix] ?? 0), prefix.count, places[prefix] ?? 0) }
    return order.filter { (sizes[$0] ?? 0) * 16 >= total }.sorted { rank($0) < rank($1) }.prefix(limit).map {
      NetworkPart($0, of: tensors)
    }
  }

  private init(_ prefix: String, of tensors: [StoredTensor]) {
    self.prefix = prefix
    let own = tensors.filter { $0.name.hasPrefix(prefix) && $0.name.utf8.count > prefix.utf8.count }
    self.tensors = Dictionary(
      own.map { (ParameterPath(String($0.name.dropFirst(prefix.count))), $0) }, uniquingKeysWith: { first, _ in first })
    others = tensors.filter { !$0.name.hasPrefix(prefix) }
    func count(_ tensors: [StoredTensor]) -> Int { tensors.reduce(0) { $0 + $1.shape.count } }
    isMain = count(others) * 10 <= count(own)
  }

  private init(_ part: NetworkPart, tensors: [ParameterPath: StoredTensor]) {
    (prefix, self.tensors, others, isMain) = (part.prefix, tensors, part.others, part.isMain)
  }

  /// The tensors by the names that ResNets for small images have here, where theirs are torchvision's; nil for other names.
  var inOurNames: NetworkPart? {
    let names = tensors.keys.map(\.text)
    guard names.contains("fc.weight"), names.contains(where: { $0.hasPrefix("layer1.") }) else { return nil }
    let pairs = tensors.map { path, tensor in
      let text = path.text.replacing(".downsample.", with: ".shortcut.")
      return (ParameterPath(text.hasPrefix("fc.") ? "linear.\(text.dropFirst(3))" : text), tensor)
    }
    return NetworkPart(self, tensors: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
  }

  /// Whether all names but the digits are those of `other`, as of the members of an ensemble.
  func isMember(with other: NetworkPart) -> Bool {
    prefix.filter { !$0.isNumber } == other.prefix.filter { !$0.isNumber }
  }

  /// Whether `other` holds tensors of the same names and shapes.
  func hasShapes(of other: NetworkPart) -> Bool {
    tensors.mapValues(\.shape) == other.tensors.mapValues(\.shape)
  }

  /// Whether `other` holds the very same elements.
  func hasElements(of other: NetworkPart) -> Bool {
    tensors.allSatisfy { path, tensor in tensor.elements != nil && other.tensors[path]?.elements == tensor.elements }
  }
}
