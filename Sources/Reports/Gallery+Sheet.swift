internal import ImageFiles
internal import Pictures
public import Plots
internal import Records
internal import ToolSupport

extension Gallery {
  /// The pictures as a sheet: of each success the clean image, the perturbed one, and ten times the difference.
  public func sheet() -> PictureSheet {
    func className(_ label: Int) -> String {
      guard classNames.indices.contains(label), classNames[label] != "\(label)" else { return "\(label)" }
      return "\(label) \(classNames[label])"
    }
    let groups = (nearest + farthest).map { picture in
      let (classes, facts) = picture.success.texts(className)
      let pictures = picture.named.map { name, image in PictureSheet.Picture(image, hint: "\(name) \(facts)") }
      return PictureSheet.Group(pictures: pictures, heading: classes, detail: facts)
    }
    let kinds = [("nearest", nearest.count), ("farthest", farthest.count)].filter { $0.1 > 0 }
    let order = kinds.map { "the \($0.1) \($0.0)" }.joined(separator: ", then ")
    let attack = setting.attack == "none" ? "no attack" : "\(setting.attack) \(setting.norm)"
    let epsilon = setting.epsilon.map { setting.attack == "none" ? "" : " \(NumberText.pixelDistance($0))" } ?? ""
    return PictureSheet(
      caption: "\(attack)\(epsilon), rotation \(setting.rotationText): \(order) of "
        + "\(NumberText.count(successes, "image")) that changed their class; clean, perturbed, ten times the difference.",
      groups: groups)
  }
}

extension Gallery.Picture {
  /// The pictures from left to right, by name.
  var named: [(name: String, image: PixelImage)] {
    [("clean", images.clean), ("perturbed", images.perturbed), ("ten times the difference", images.difference)]
  }
}

extension Success {
  /// What the image was taken for, before and after, and where it is, in words.
  func texts(_ className: (Int) -> String) -> (classes: String, facts: String) {
    let before = natural == label ? className(label) : "\(className(natural)) (truly \(className(label)))"
    let verdict = perturbed == label ? " (the true class)" : ""
    var facts = ["image \(index)", "distance \(NumberText.significant(Double(distance)))"]
    if pose.degrees != 0 { facts.append("turned by \(NumberText.significant(pose.degrees))°") }
    if pose.dx != 0 || pose.dy != 0 {
      facts.append("moved by \(NumberText.significant(pose.dx)), \(NumberText.significant(pose.dy))")
    }
    return ("\(before) → \(className(perturbed))\(verdict)", facts.joined(separator: ", "))
  }
}
