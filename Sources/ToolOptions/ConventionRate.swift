public import Evaluation
public import Records
import ToolSupport

/// How often attacks succeeded, as a project counts it: of all images or of those that were right, failures of the model
/// itself among the successes or not.
public struct ConventionRate {
  private let convention: Convention
  private var counts: [(setting: Setting, images: Int, right: Int, held: Int)] = []

  /// No image yet; nil of the paper, whose rate comes with what its faults do (`PaperFaults`).
  public init?(_ convention: Convention) {
    guard convention != .paper else { return nil }
    self.convention = convention
  }

  /// Counts an image.
  public mutating func add(_ record: PredictionRecord) {
    let setting = record.setting
    if !counts.contains(where: { $0.setting == setting }) { counts.append((setting, 0, 0, 0)) }
    guard let place = counts.firstIndex(where: { $0.setting == setting }) else { return }
    counts[place].images += 1
    counts[place].right += record.natural == record.label ? 1 : 0
    counts[place].held += record.perturbed == record.label ? 1 : 0
  }

  /// A line a setting, such as `as foolbox counts, epsilon 0.3: success 12.5 %, 25 of 200 images misclassified`.
  public var lines: [String] {
    counts.map { count in
      let setting = count.setting
      let budgets = [
        setting.epsilon.map { ", epsilon \(NumberText.shortest($0))" },
        setting.rotation != 0 ? ", rotation \(setting.rotationText)" : nil,
        setting.translation > 0 ? ", translation \(NumberText.shortest(setting.translation))" : nil,
      ].compactMap(\.self).joined()
      let wrong = count.images - count.held
      func share(_ part: Int, of whole: Int) -> String {
        NumberText.percent(Double(part) / Double(max(whole, 1)))
      }
      let figure: String
      switch convention {
      case .advertorch, .foolbox, .trades:
        figure = "success \(share(wrong, of: count.images)), \(wrong) of all \(count.images) images misclassified"
      case .torchattacks, .autoattack, .madry, .paper:
        figure = "robust accuracy \(share(count.held, of: count.images)), \(count.held) of all \(count.images) images"
      case .art:
        let broken = count.right - min(count.right, count.held)
        figure = "success \(share(broken, of: count.right)), \(broken) of the \(count.right) images that were right"
      }
      return "as \(convention.rawValue) counts\(budgets): \(figure)"
    }
  }
}
