import CWinograd

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

  init(inputs: Int, outputs: Int, isBackward: Bool) {
    (realInputs, realOutputs, self.isBackward) = (inputs, outputs, isBackward)
    (self.inputs, self.outputs) = (filled(inputs), filled(outputs))
  }

  /// How many numbers the transformed weights are.
  var count: Int { 36 * inputs * outputs }

  /// Transforms `values` into `parts`.
  func transform(_ values: [Float], into parts: UnsafeMutableBufferPointer<Float>) {
    precondition(
      values.count == 9 * realInputs * realOutputs && parts.count == count, "weights of another convolution")
    values.withUnsafeBufferPointer { transform($0, into: parts, inputs: 0..<inputs) }
  }

  /// Transforms what `inputs` are multiplied by.
  func transform(
    _ values: UnsafeBufferPointer<Float>, into parts: UnsafeMutableBufferPointer<Float>, inputs range: Range<Int>
  ) {
    guard let values = values.baseAddress, let parts = parts.baseAddress else {
      preconditionFailure("memories are used before they are placed")
    }
    var kernels = kernels
    cusp_winograd_kernels(&kernels, values, range.lowerBound, range.count, parts, inputs, outputs)
  }

  /// Where the weights lie.
  var kernels: cusp_kernels {
    let (near, far) = (9, 9 * (isBackward ? realOutputs : realInputs))
    return cusp_kernels(
      inputs: realInputs, outputs: realOutputs, input_stride: isBackward ? far : near,
      output_stride: isBackward ? near : far, flipped: isBackward ? 1 : 0)
  }
}
