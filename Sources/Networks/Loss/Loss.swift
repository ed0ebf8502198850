public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A loss of logits, one value an image; over a batch it is the sum, so that images do not mix.
///
/// Labels and probabilities hold one row an image of the batch.
public enum Loss: Sendable {
  /// `-log softmax(z)[y]`; with `smoothing`, the label's probability is `1 - smoothing`, and `smoothing` is spread over
  /// all classes alike, as by PyTorch's `label_smoothing`.
  case crossEntropy(labels: [Int], smoothing: Float = 0)
  /// `max over i != y of z[i], minus z[y]`: positive exactly when the image is misclassified (Carlini and Wagner 2017,
  /// without the clamp).
  case margin(labels: [Int])
  /// `KL(p || softmax(z))` with fixed probabilities `p`, `[batch, classes]`, as TRADES ascends it.
  case divergence(from: Tensor)

  /// The loss of the image in row `row` of `logits` `[batch, classes]`.
  public func value(row: Int, logits: Tensor) -> Float {
    let classes = logits.shape[1]
    return logits.values.withUnsafeBufferPointer { all in
      let z = UnsafeBufferPointer(rebasing: all[row * classes..<(row + 1) * classes])
      switch self {
      case .crossEntropy(let labels, let smoothing):
        let label = z[labels[row]]
        guard smoothing > 0 else { return logSumExp(z) - label }
        return logSumExp(z) - (1 - smoothing) * label - smoothing * (z.reduce(0, +) / Float(classes))
      case .margin(let labels): return z[runnerUp(z, besides: labels[row])] - z[labels[row]]
      case .divergence(let probabilities):
        let shift = logSumExp(z)
        var sum: Float = 0
        for i in 0..<classes {
          let p = probabilities.values[row * classes + i]
          if p > 0 { sum += p * (logf(p) - (z[i] - shift)) }
        }
        return sum
      }
    }
  }

  /// Writes d loss / d logits, `[batch, classes]`, times `scale`, into `gradient`.
  ///
  /// Training takes `scale = 1 / batch` (the mean), attacks 1 (the sum).
  public func writeGradient(logits: Tensor, scale: Float = 1, into gradient: inout Tensor) {
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    logits.values.withUnsafeBufferPointer { all in
      gradient.values.withUnsafeMutableBufferPointer { out in
        for row in 0..<rows {
          let range = row * classes..<(row + 1) * classes
          writeGradient(
            row: row, UnsafeBufferPointer(rebasing: all[range]), scale,
            UnsafeMutableBufferPointer(rebasing: out[range]))
        }
      }
    }
  }

  private func writeGradient(
    row: Int, _ z: UnsafeBufferPointer<Float>, _ scale: Float, _ out: UnsafeMutableBufferPointer<Float>
  ) {
    switch self {
    case .crossEntropy(let labels, let smoothing):
      writeSoftmax(z, out)
      out[labels[row]] -= 1 - smoothing
      let share = smoothing / Float(out.count)
      for i in out.indices { out[i] = scale * (out[i] - share) }
    case .margin(let labels):
      out.update(repeating: 0)
      out[runnerUp(z, besides: labels[row])] = scale
      out[labels[row]] = -scale
    case .divergence(let probabilities):
      writeSoftmax(z, out)
      for i in out.indices { out[i] = scale * (out[i] - probabilities.values[row * out.count + i]) }
    }
  }
}

/// The probabilities `softmax(z)` of every row of `logits` `[batch, classes]`.
public func softmax(_ logits: Tensor) -> Tensor {
  var result = logits
  let classes = logits.shape[1]
  logits.values.withUnsafeBufferPointer { all in
    result.values.withUnsafeMutableBufferPointer { out in
      for row in 0..<logits.shape[0] {
        let range = row * classes..<(row + 1) * classes
        writeSoftmax(UnsafeBufferPointer(rebasing: all[range]), UnsafeMutableBufferPointer(rebasing: out[range]))
      }
    }
  }
  return result
}

/// The index of the largest logit in row `row`; the first one of equals; NaN never wins.
public func predictedClass(row: Int, logits: Tensor) -> Int {
  let classes = logits.shape[1]
  return logits.values.withUnsafeBufferPointer { all in
    var best = 0
    for i in 1..<max(classes, 1) where all[row * classes + i] > all[row * classes + best] { best = i }
    return best
  }
}

private func writeSoftmax(_ z: UnsafeBufferPointer<Float>, _ out: UnsafeMutableBufferPointer<Float>) {
  let shift = z.max() ?? 0
  var sum: Float = 0
  for i in z.indices {
    out[i] = expf(z[i] - shift)
    sum += out[i]
  }
  for i in z.indices { out[i] /= sum }
}

private func logSumExp(_ z: UnsafeBufferPointer<Float>) -> Float {
  let shift = z.max() ?? 0
  var sum: Float = 0
  for value in z { sum += expf(value - shift) }
  return shift + logf(sum)
}

/// The index of the largest of `z` besides `label`.
private func runnerUp(_ z: UnsafeBufferPointer<Float>, besides label: Int) -> Int {
  var best = label == 0 ? min(1, z.count - 1) : 0
  for i in z.indices where i != label && z[i] > z[best] { best = i }
  return best
}
