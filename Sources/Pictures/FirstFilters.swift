internal import Failures
package import ImageFiles
public import Plots
public import Symmetry
public import Tensors

/// The filters of a network's first layer as pictures: those of a group in all its positions.
public struct FirstFilters: Equatable, Sendable {
  /// The most filters that a sheet shows.
  public static let most = 512

  /// Filter by filter the picture as it is, then moved by each other element of the group.
  package let orbits: [[PixelImage]]
  private let name: String
  private let group: SymmetryGroup?
  private let count: Int
  private let largest: Float

  /// The filters `weights` `[out, in, h, w]`, of which `in` is 1 or 3, as in images, of the parameter called `name`.
  ///
  /// All of them are drawn on one scale: zero is grey, the weight farthest from it black or white.
  /// - Parameter group: what else the layer moves each filter by; nil for a plain convolution.
  /// - Throws: `Failure` (`data`) for another shape, filters of a group that are not square, and a weight that is no number.
  public init(_ weights: [Float], shape: Shape, name: String, group: SymmetryGroup? = nil) throws {
    guard shape.rank == 4, weights.count == shape.count, shape.count > 0, [1, 3].contains(shape[1]) else {
      throw Failure(.data, "\(name): has the shape \(shape); filters of images of 1 or 3 channels can be shown")
    }
    guard group == nil || shape[2] == shape[3] else {
      throw Failure(.data, "\(name): has the shape \(shape); filters over a group are square")
    }
    guard weights.allSatisfy(\.isFinite) else {
      throw Failure(.data, "\(name): holds what is no finite number; cusp-inspect --verify tells more")
    }
    let (channels, area) = (shape[1], shape[2] * shape[3])
    let largest = weights.map(\.magnitude).max() ?? 0
    let tables = group.map { FilterTable($0, isLifting: true, side: shape[2]).rows } ?? [Array(0..<area)]
    orbits = (0..<min(shape[0], Self.most)).map { filter in
      tables.map { places in
        let levels = (0..<channels).flatMap { channel -> [UInt8] in
          let start = (filter * channels + channel) * area
          return places.map { Self.level(weights[start + $0], largest) }
        }
        return PixelImage(planes: levels, width: shape[3], height: shape[2], channels: channels)
      }
    }
    (self.name, self.group, count, self.largest) = (name, group, shape[0], largest)
  }

  /// 0.5 for zero, 0 and 1 for `largest` below and above it, in levels of 255.
  private static func level(_ weight: Float, _ largest: Float) -> UInt8 {
    let share = largest == 0 ? 0 : weight / largest
    return UInt8(((0.5 + share / 2) * 255).rounded())
  }

  /// The sheet: a group of pictures a filter, under its number.
  public func sheet() -> PictureSheet {
    let groups = orbits.enumerated().map { place, images in
      let pictures = images.enumerated().map { element, image in
        let position = group.map { ", element \(element) of \($0.rawValue)" } ?? ""
        return PictureSheet.Picture(image, hint: "filter \(place)\(position)")
      }
      return PictureSheet.Group(pictures: pictures, heading: "\(place)", detail: "")
    }
    let shown = orbits.count < count ? "the first \(orbits.count) of \(count) filters" : "\(count) filters"
    let moved = group.map { ", each moved by the \($0.order) elements of \($0.rawValue)" } ?? ""
    let scale = Numbers.shortest(Double(largest.description) ?? 0)
    let caption = "\(name): \(shown)\(moved). Grey is zero, black and white are \(scale)."
    return PictureSheet(caption: caption, groups: groups, side: 2.8)
  }
}
