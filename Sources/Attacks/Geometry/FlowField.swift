package import Tensors

/// Images looked up elsewhere: a flow says for every place, in pixels, how far to the right and how far below the image's
/// value is taken from, `[2, h, w]`, for all channels alike.
///
/// Between pixels four are blended bilinearly, and beyond the outermost pixels the outermost count: PyTorch's
/// `grid_sample` with `align_corners=True` and `padding_mode="border"`. On a pixel a slope is that to the right or below.
package struct FlowField {
  private let channels, height, width: Int

  /// Flows over images of `shape`, `[c, h, w]`.
  package init(shape: Shape) { (channels, height, width) = (shape[0], shape[1], shape[2]) }

  /// How many numbers a flow has.
  package var count: Int { 2 * height * width }

  /// Writes `image`, looked up by `flow`, into `result`; no value leaves the range of the four it is blended from.
  package func warp(_ image: Pixels, by flow: Pixels, into result: MutablePixels) {
    for place in 0..<height * width {
      let spot = Spot(self, flow, place)
      for channel in 0..<channels {
        let corners = spot.corners(of: image, from: channel * height * width)
        let value = spot.blend(corners)
        result[channel * height * width + place] = min(max(value, corners.min()), corners.max())
      }
    }
  }

  /// Writes the gradient with respect to the flow of what has `slope` as its gradient with respect to the image looked up.
  package func pullBack(_ slope: Pixels, of image: Pixels, by flow: Pixels, into gradient: MutablePixels) {
    for place in 0..<height * width {
      let spot = Spot(self, flow, place)
      var (across, down): (Float, Float) = (0, 0)
      for channel in 0..<channels {
        let corners = spot.corners(of: image, from: channel * height * width)
        let rate = slope[channel * height * width + place]
        across += rate * ((1 - spot.row.share) * (corners[1] - corners[0]) + spot.row.share * (corners[3] - corners[2]))
        down +=
          rate * ((1 - spot.column.share) * (corners[2] - corners[0]) + spot.column.share * (corners[3] - corners[1]))
      }
      gradient[place] = spot.column.moves ? across : 0
      gradient[height * width + place] = spot.row.moves ? down : 0
    }
  }

  /// How much `flow` varies (Xiao et al. 2018): over all places and the four around each, the sum of the lengths of what
  /// they differ by, with 1e-8 added to their squares, which leaves no kink; adds `weight` times the gradient to `gradient`.
  package func variation(of flow: Pixels, weight: Float, addingTo gradient: MutablePixels) -> Double {
    var sum = 0.0
    for place in 0..<height * width {
      if place % width + 1 < width { sum += difference(flow, place, place + 1, weight, gradient) }
      if place + width < height * width { sum += difference(flow, place, place + width, weight, gradient) }
    }
    return sum
  }

  /// What a pair of neighbours adds, each being the other's.
  private func difference(
    _ flow: Pixels, _ one: Int, _ other: Int, _ weight: Float, _ gradient: MutablePixels
  ) -> Double {
    let size = height * width
    let (across, down) = (flow[other] - flow[one], flow[size + other] - flow[size + one])
    let length = (across * across + down * down + 1e-8).squareRoot()
    let (pullAcross, pullDown) = (2 * weight * across / length, 2 * weight * down / length)
    gradient[one] -= pullAcross
    gradient[other] += pullAcross
    gradient[size + one] -= pullDown
    gradient[size + other] += pullDown
    return Double(2 * length)
  }

  /// Where along one axis a value is taken from: two neighbours, and the share of the second.
  fileprivate struct Coordinate {
    let first, second: Int
    let share: Float
    /// Whether a little more flow would lead elsewhere.
    let moves: Bool

    init(_ position: Float, side: Int) {
      let inside = min(Float(side - 1), max(0, position))
      first = min(Int(inside), max(side - 2, 0))
      second = min(first + 1, side - 1)
      share = inside - Float(first)
      moves = inside == position
    }
  }

  /// Where the values of one place are taken from.
  fileprivate struct Spot {
    let row, column: Coordinate
    let width: Int

    init(_ field: FlowField, _ flow: Pixels, _ place: Int) {
      let (row, column) = (place / field.width, place % field.width)
      width = field.width
      self.column = Coordinate(Float(column) + flow[place], side: width)
      self.row = Coordinate(Float(row) + flow[field.height * width + place], side: field.height)
    }

    /// The four values of the channel that begins at `start`: above and below, each from left to right.
    func corners(of image: Pixels, from start: Int) -> SIMD4<Float> {
      let (above, below) = (start + row.first * width, start + row.second * width)
      return SIMD4(
        image[above + column.first], image[above + column.second], image[below + column.first],
        image[below + column.second])
    }

    func blend(_ corners: SIMD4<Float>) -> Float {
      let above = (1 - column.share) * corners[0] + column.share * corners[1]
      let below = (1 - column.share) * corners[2] + column.share * corners[3]
      return (1 - row.share) * above + row.share * below
    }
  }
}
