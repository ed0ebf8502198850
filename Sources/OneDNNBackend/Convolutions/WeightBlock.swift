/// Some of a convolution's weights, whose gradients a thread sums up at once: from `rows` inputs to `width` outputs.
struct WeightBlock {
  let input, output, rows, width: Int

  /// The outputs of a block at most.
  static let columns = 64

  /// Blocks of `rows` inputs at most that cover all weights from `inputs` to `outputs`.
  static func covering(inputs: Int, outputs: Int, rows: Int) -> [WeightBlock] {
    stride(from: 0, to: inputs, by: rows).flatMap { input in
      stride(from: 0, to: outputs, by: columns).map { output in
        WeightBlock(
          input: input, output: output, rows: min(rows, inputs - input), width: min(columns, outputs - output))
      }
    }
  }
}
