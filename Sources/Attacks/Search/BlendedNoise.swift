import Networks
import Tensors

/// A first point that fools, from decisions alone: uniform noise, drawn until it fools, of which as little is blended in as
/// fools (Foolbox's linear search for blended noise).
struct BlendedNoise {
  private enum Phase { case drawing(Int), blending(Int) }

  /// How often noise is drawn until it fools, and in how many parts it is blended in.
  static let draws = 1000
  static let blends = 50

  private let subject: Subject
  private let seed: UInt64
  private let noise: PixelBuffer
  private var phase = Phase.drawing(0)

  init(on subject: Subject, seed: UInt64) {
    (self.subject, self.seed) = (subject, seed)
    noise = PixelBuffer(count: subject.clean.count)
  }

  /// The first question.
  mutating func begin(_ pixels: MutablePixels) -> Move { draw(0, pixels) }

  /// The next question, whether `pixels` fool being known; `done` where they are the point, `unbroken` where there is none.
  mutating func next(_ isFooled: Bool, _ pixels: MutablePixels) -> Move {
    switch phase {
    case .drawing(let count):
      if isFooled {
        noise.copy(Pixels(pixels))
        return blend(0, pixels)
      }
      return count + 1 < Self.draws ? draw(count + 1, pixels) : .unbroken
    case .blending(let part): return isFooled || part == Self.blends ? .done : blend(part + 1, pixels)
    }
  }

  private mutating func draw(_ count: Int, _ pixels: MutablePixels) -> Move {
    phase = .drawing(count)
    var generator = subject.generator(seed: seed, restart: count + 1)
    generator.fillUniform(pixels, in: 0...1)
    return .classify
  }

  private mutating func blend(_ part: Int, _ pixels: MutablePixels) -> Move {
    phase = .blending(part)
    let share = Float(part) / Float(Self.blends)
    for i in pixels.indices { pixels[i] = (1 - share) * subject.clean[i] + share * noise.pixels[i] }
    return .classify
  }
}
