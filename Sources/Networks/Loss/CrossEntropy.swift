public import Tensors

/// The cross-entropy of a batch, one value an image: what training descends.
///
/// `-log softmax(z)[y]`; with `smoothing`, the label's probability is `1 - smoothing`, and `smoothing` is spread over all
/// classes alike, as by PyTorch's `label_smoothing`.
public struct CrossEntropy: Sendable {
  /// The true classes, one an image.
  public let labels: [Int]
  /// The share of a label's probability that is spread over all classes, in 0..<1.
  public let smoothing: Float

  /// The loss of images with `labels`.
  public init(labels: [Int], smoothing: Float = 0) { (self.labels, self.smoothing) = (labels, smoothing) }

  /// The loss of the image in row `row` of `logits` `[batch, classes]`.
  public func value(row: Int, logits: Tensor) -> Float {
    logits.withLogits(row) { z in
      let label = z[labels[row]]
      guard smoothing > 0 else { return logSumExp(z) - label }
      return logSumExp(z) - (1 - smoothing) * label - smoothing * (z.reduce(0, +) / Float(z.count))
    }
  }

  /// Writes d loss / d logits, `[batch, classes]`, times `scale`, into `gradient`.
  ///
  /// Training takes `scale = 1 / batch`, for the mean.
  public func writeGradient(logits: Tensor, scale: Float = 1, into gradient: inout Tensor) {
    let classes = logits.shape[1]
    gradient.values.withUnsafeMutableBufferPointer { all in
      for row in labels.indices {
        let out = MutableLogitRow(rebasing: all[row * classes..<(row + 1) * classes])
        logits.withLogits(row) { writeSoftmax($0, out) }
        out[labels[row]] -= 1 - smoothing
        let share = smoothing / Float(classes)
        for i in out.indices { out[i] = scale * (out[i] - share) }
      }
    }
  }
}

extension Tensor {
  /// Calls `body` with row `row` of logits `[batch, classes]`.
  public func withLogits<Result>(_ row: Int, _ body: (LogitRow) throws -> Result) rethrows -> Result {
    let classes = shape[1]
    return try values.withUnsafeBufferPointer {
      try body(LogitRow(rebasing: $0[row * classes..<(row + 1) * classes]))
    }
  }
}

/// The probabilities `softmax(z)` of every row of `logits` `[batch, classes]`.
public func softmax(_ logits: Tensor) -> Tensor {
  var result = logits
  let classes = logits.shape[1]
  result.values.withUnsafeMutableBufferPointer { out in
    for row in 0..<logits.shape[0] {
      logits.withLogits(row) { writeSoftmax($0, MutableLogitRow(rebasing: out[row * classes..<(row + 1) * classes])) }
    }
  }
  return result
}

/// The index of the largest logit in row `row`; the first one of equals; NaN never wins.
public func predictedClass(row: Int, logits: Tensor) -> Int { logits.withLogits(row) { predictedClass($0) } }
