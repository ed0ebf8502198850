/// As many channels as blocks of 16 have that hold `channels`.
func filled(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }

/// The weights of a convolution as Winograd's products want them: `G g G'` for every pair of channels.
///
/// There are 36 matrices `[inputs, outputs]`, each in panels of 64 columns and one of what remains. Channels come in blocks
/// of 16; what fills the last block is zero.
struct WinogradFilter {
  /// The channels of what the pass reads and of what it makes, blocks filled.
  let inputs, outputs: Int
  /// How many of them there really are.
  private let realInputs, realOutputs: Int
  /// Backward the kernels are read from the other end, and lie `[inputs, outputs, 3, 3]`; else `[outputs, inputs, 3, 3]`.
  let isBackward: Bool

  private typealias Vector = SIMD16<Float>

  init(inputs: Int, outputs: Int, isBackward: Bool) {
    (realInputs, realOutputs, self.isBackward) = (inputs, outputs, isBackward)
    (self.inputs, self.outputs) = (filled(inputs), filled(outputs))
  }

  /// How many numbers the transformed weights are.
  var count: Int { 36 * inputs * outputs }

  /// Transforms `values` into `parts`; 16 outputs at a time.
  func transform(_ values: [Float], into parts: UnsafeMutableBufferPointer<Float>) {
    precondition(
      values.count == 9 * realInputs * realOutputs && parts.count == count, "weights of another convolution")
    values.withUnsafeBufferPointer { values in
      withUnsafeTemporaryAllocation(of: Vector.self, capacity: 18) { half in
        for input in 0..<inputs {
          for output in stride(from: 0, to: outputs, by: 16) {
            for x in 0..<3 {
              let column = Self.transform(
                taps(x, input, output, values), taps(3 + x, input, output, values), taps(6 + x, input, output, values))
              for y in 0..<6 { half[3 * y + x] = column[y] }
            }
            for y in 0..<6 {
              let row = Self.transform(half[3 * y], half[3 * y + 1], half[3 * y + 2])
              for x in 0..<6 { store(row[x], part: 6 * y + x, input, output, parts) }
            }
          }
        }
      }
    }
  }

  /// One of the nine weights, from `input` to 16 outputs.
  private func taps(_ tap: Int, _ input: Int, _ output: Int, _ values: UnsafeBufferPointer<Float>) -> Vector {
    var found = Vector()
    guard input < realInputs else { return found }
    let (start, step) =
      isBackward ? (input * realOutputs + output, 9) : (output * realInputs + input, 9 * realInputs)
    let first = 9 * start + (isBackward ? 8 - tap : tap)
    for lane in 0..<min(16, realOutputs - output) { found[lane] = values[first + lane * step] }
    return found
  }

  private func store(
    _ vector: Vector, part: Int, _ input: Int, _ output: Int, _ parts: UnsafeMutableBufferPointer<Float>
  ) {
    let panel = output / 64 * 64
    let start = part * inputs * outputs + panel * inputs + input * min(64, outputs - panel) + output - panel
    for lane in 0..<16 { parts[start + lane] = vector[lane] }
  }

  /// `G g` of three numbers: their polynomial at each point, over the product of the point's distances to the others.
  private static func transform(_ a: Vector, _ b: Vector, _ c: Vector) -> InlineArray<6, Vector> {
    let (near, far) = (Float(0.625), Float(1.5))
    func pair(_ point: Float, _ other: Float) -> (Vector, Vector) {
      let scale = 1 / (2 * point * point * (point * point - other * other))
      let (even, odd) = (a + c * (point * point), b * point)
      return ((even + odd) * scale, (even - odd) * scale)
    }
    let (nears, fars) = (pair(near, far), pair(far, near))
    return [a * (1 / (near * near * far * far)), nears.0, nears.1, fars.0, fars.1, c]
  }
}
