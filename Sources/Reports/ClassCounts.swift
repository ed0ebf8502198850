/// What became of the images of each true class in one setting.
package struct ClassCounts: Sendable {
  /// One true class.
  package struct Row: Equatable, Sendable {
    package var label: Int
    package var count = 0
    package var naturallyCorrect = 0
    package var correct = 0
    /// Images by the class that they were taken for when perturbed, the true one left out.
    var mistakes: [Int: Int] = [:]

    /// The share of perturbed images that are right.
    package var accuracy: Double { Double(correct) / Double(max(count, 1)) }

    /// The wrong class that most were taken for, the first of several, and how many; nil where none was.
    package var commonest: (label: Int, count: Int)? {
      mistakes.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }
  }

  /// The most classes that are counted; records beyond are not, lest a forged one fill the memory.
  static let most = 1 << 16

  private var known: [Int: Row] = [:]

  /// No image.
  package init() {}

  /// By true class.
  package var rows: [Row] { known.values.sorted { $0.label < $1.label } }

  /// Counts an image.
  package mutating func add(label: Int, natural: Int, perturbed: Int) {
    guard known.count < Self.most || known[label] != nil else { return }
    var row = known.removeValue(forKey: label) ?? Row(label: label)
    row.count += 1
    row.naturallyCorrect += natural == label ? 1 : 0
    row.correct += perturbed == label ? 1 : 0
    if perturbed != label, row.mistakes.count < Self.most || row.mistakes[perturbed] != nil {
      row.mistakes[perturbed, default: 0] += 1
    }
    known[label] = row
  }
}
