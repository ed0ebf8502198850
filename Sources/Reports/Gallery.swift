internal import Attacks
internal import Datasets
internal import Failures
package import Pictures
package import Records
public import SavedSets
public import Tensors

/// The pictures of a saved set that show most: the successes nearest to their clean images and farthest from them.
public struct Gallery: Sendable {
  /// One success with its pictures.
  package struct Picture: Sendable {
    package var success: Success
    package var images: SavedPicture
  }

  /// What the set is called.
  let name: String
  package let setting: Setting
  package let nearest: [Picture]
  package let farthest: [Picture]
  /// How many images of the set changed their class.
  package let successes: Int
  /// What the data set calls its classes.
  let classNames: [String]
}

/// The clean images of the settings in a fold, read once each.
public struct CleanImages {
  private let replacement: String?
  private var known: [String: LabeledImages] = [:]

  /// Images as records name them, or of `replacement` in place of all of them.
  public init(replacement: String? = nil) { self.replacement = replacement }

  /// The images of `data` in its part `split`.
  ///
  /// - Throws: `Failure` where they are not here.
  mutating func images(of data: String, _ split: String) throws -> LabeledImages {
    let key = "\(split) \(replacement ?? data)"
    if let images = known[key] { return images }
    guard let part = Split(rawValue: split) else { throw Failure(.data, "\(split): is no part of a data set") }
    let images = try DatasetReference(replacement ?? data).load(split: part)
    known[key] = images
    return images
  }
}

extension ReportFold {
  /// The gallery of the set called `name`, which goes with the one setting whose successes it holds, at the distances that
  /// their records say; where several do, with that whose records have the set's name.
  ///
  /// - Parameters:
  ///   - clean: Where clean images come from.
  ///   - open: Opens the set, given the shape `[c, h, w]` of an image.
  /// - Throws: `Failure(.data)` where no setting fits, or several do, and where the set or its data are not read.
  public func gallery(
    of name: String, clean: inout CleanImages, open: (Shape) throws -> SavedSet
  ) throws -> Gallery {
    var fitting: [(source: String, gallery: Gallery)] = []
    var reason: Failure?
    for details in details {
      guard let data = details.setting.data, let split = details.setting.split else { continue }
      do {
        let images = try clean.images(of: data, split)
        let set = try open(images.imageShape)
        guard set.count == tally(of: details.setting).count, let gallery = try gallery(name, details, set, images)
        else { continue }
        fitting.append((details.source, gallery))
      } catch let failure as Failure {
        reason = reason ?? failure
      }
    }
    if fitting.count > 1 {
      let named = fitting.filter { Self.stem($0.source) == Self.stem(name) }
      guard named.count == 1 else {
        let settings = fitting.map { "\($0.gallery.setting.attack) of \($0.source)" }.joined(separator: ", ")
        throw Failure(.data, "\(name): goes with several settings (\(settings)); give the records of its run alone")
      }
      fitting = named
    }
    guard let found = fitting.first else {
      if let reason { throw Failure(reason.kind, "\(name): \(reason.message)") }
      throw Failure(.data, "\(name): no records are of these images; give those that cusp-attack wrote beside the set")
    }
    return found.gallery
  }

  /// The pictures of the successes in `details` that `set` holds; nil where it does not hold all, or not at their distances.
  private func gallery(
    _ name: String, _ details: Details, _ set: SavedSet, _ images: LabeledImages
  ) throws -> Gallery? {
    let setting = details.setting
    // Images that were only turned have no norm, and a distance of 0 by any.
    guard let norm = Norm(rawValue: setting.attack == "none" ? Norm.linf.rawValue : setting.norm) else { return nil }
    let source = try SavedPictures(set, around: images, norm, interpolation: setting.interpolation)
    let (nearest, farthest) = (details.successes.nearest, details.successes.farthest)
    let pictures = try source.pictures(of: (nearest + farthest).map { .init(index: $0.index, pose: $0.pose) })
    func paired(_ successes: [Success]) -> [Gallery.Picture]? {
      let pairs = successes.compactMap { success -> Gallery.Picture? in
        guard let images = pictures[success.index] else { return nil }
        let distance = Double(success.distance)
        // What rounding to 32 bits and its sums leave.
        return abs(images.distance - distance) <= 1e-4 * max(1, distance)
          ? Gallery.Picture(success: success, images: images) : nil
      }
      return pairs.count == successes.count ? pairs : nil
    }
    guard let near = paired(nearest), let far = paired(farthest) else { return nil }
    return Gallery(
      name: name, setting: setting, nearest: near, farthest: far, successes: tally(of: setting).fooled,
      classNames: images.classNames)
  }

  /// A file's name without folders and ending.
  private static func stem(_ path: String) -> String {
    let file = path.split(separator: "/").last ?? ""
    return String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)])
  }
}
