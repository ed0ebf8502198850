import ImageFiles
import Tensors

extension Planes {
  /// Lays a cloud of many scales over the image and darkens both together as far as it had been bright.
  mutating func addFog(_ amount: Double, decay: Double, _ generator: inout Generator) {
    let brightest = values.max() ?? 0
    let cloud = Cloud(side: max(height, width), decay: decay, &generator)
    for place in values.indices {
      let (y, x) = (place % area).quotientAndRemainder(dividingBy: width)
      values[place] = (values[place] + amount * cloud[y, x]) * brightest / (brightest + amount)
    }
  }

  /// Brings each channel's pixels nearer to their mean.
  mutating func scaleContrast(_ factor: Double) {
    replacePlanes { plane in
      let mean = plane.reduce(0, +) / Double(plane.count)
      return plane.map { ($0 - mean) * factor + mean }
    }
  }

  /// Adds to the value of each colour.
  mutating func brighten(_ more: Double) {
    guard channels == 3 else { return values = values.map { min($0 + more, 1) } }
    changeColours { hsv in hsv.value = min(max(hsv.value + more, 0), 1) }
  }

  /// Multiplies the saturation of each colour, and adds to it.
  mutating func saturate(_ factor: Double, _ more: Double) {
    changeColours { hsv in hsv.saturation = min(max(hsv.saturation * factor + more, 0), 1) }
  }

  private mutating func changeColours(_ body: (inout Colour) -> Void) {
    for place in 0..<area {
      var colour = Colour(red: values[place], green: values[area + place], blue: values[2 * area + place])
      body(&colour)
      (values[place], values[area + place], values[2 * area + place]) = colour.rgb
    }
  }

  /// Makes the image smaller by this factor and as large as it was, each pixel the mean of those below it, as Pillow's `BOX`.
  mutating func pixelate(_ factor: Double) {
    let small = image.boxed(width: max(1, Int(Double(width) * factor)), height: max(1, Int(Double(height) * factor)))
    take(small.boxed(width: width, height: height))
  }

  /// Takes the image through a JPEG file of this quality.
  mutating func throughJPEG(quality: Int) throws {
    take(try ImageFile(image.jpegBytes(quality: quality), name: "JPEG").pixels())
  }

  /// The image in bytes.
  private var image: PixelImage {
    PixelImage(
      planes: values.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }, width: width, height: height,
      channels: channels)
  }

  private mutating func take(_ image: PixelImage) { values = image.planes.map { Double($0) / 255 } }
}

/// A colour by hue, saturation and value.
private struct Colour {
  /// 0 ..< 6: how far around the circle from red.
  private let hue: Double
  var saturation: Double
  var value: Double

  init(red: Double, green: Double, blue: Double) {
    let (most, least) = (max(red, green, blue), min(red, green, blue))
    let range = most - least
    value = most
    saturation = most == 0 ? 0 : range / most
    if range == 0 {
      hue = 0
    } else if most == blue {
      hue = 4 + (red - green) / range
    } else if most == green {
      hue = 2 + (blue - red) / range
    } else {
      let around = (green - blue) / range
      hue = around < 0 ? around + 6 : around
    }
  }

  var rgb: (Double, Double, Double) {
    let sector = hue.rounded(.down)
    let share = hue - sector
    let (p, q, t) = (value * (1 - saturation), value * (1 - share * saturation), value * (1 - (1 - share) * saturation))
    switch Int(sector) % 6 {
    case 0: return (value, t, p)
    case 1: return (q, value, p)
    case 2: return (p, value, t)
    case 3: return (p, q, value)
    case 4: return (t, p, value)
    default: return (value, p, q)
    }
  }
}

/// A map of heights of 0...1 by the diamond-square algorithm: every second point is the mean of four around it and a random
/// number, then every second of those, ever smaller ones.
private struct Cloud {
  private let side: Int
  private var heights: [Double]

  /// A cloud of at least `side` points across, the random numbers `decay` times smaller from scale to scale.
  init(side least: Int, decay: Double, _ generator: inout Generator) {
    var side = 2
    while side < least { side *= 2 }
    self.side = side
    heights = [Double](repeating: 0, count: side * side)
    var (step, wobble) = (side, 100.0)
    while step >= 2 {
      fill(step, wobble, &generator)
      (step, wobble) = (step / 2, wobble / decay)
    }
    let (least, most) = (heights.min() ?? 0, heights.max() ?? 0)
    let range = most - least
    heights = heights.map { range > 0 ? ($0 - least) / range : 0 }
  }

  subscript(y: Int, x: Int) -> Double {
    get { heights[y % side * side + x % side] }
    set { heights[y % side * side + x % side] = newValue }
  }

  /// Fills in the middles of squares of `step`, then the middles of their upper edges and of their left ones, row by row.
  private mutating func fill(_ step: Int, _ wobble: Double, _ generator: inout Generator) {
    let half = step / 2
    func each(_ body: (Int, Int) -> Void) {
      for y in stride(from: 0, to: side, by: step) { for x in stride(from: 0, to: side, by: step) { body(y, x) } }
    }
    func moved(_ sum: Double, _ generator: inout Generator) -> Double {
      sum / 4 + wobble * (wobble * (2 * Double(generator.uniform()) - 1))
    }
    let around = side - half
    var map = self
    each { y, x in
      let sum = map[y, x] + map[y + step, x] + map[y, x + step] + map[y + step, x + step]
      map[y + half, x + half] = moved(sum, &generator)
    }
    each { y, x in
      let sum = map[y + half, x + half] + map[y + around, x + half] + map[y, x] + map[y, x + step]
      map[y, x + half] = moved(sum, &generator)
    }
    each { y, x in
      let sum = map[y + half, x + half] + map[y + half, x + around] + map[y, x] + map[y + step, x]
      map[y + half, x] = moved(sum, &generator)
    }
    self = map
  }
}
