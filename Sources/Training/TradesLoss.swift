package import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The objective of TRADES, `CE(z, y) + beta * KL(softmax(z) || softmax(z'))`, at the logits `z` of images and `z'` of
/// their attacked copies; its mean over the batch is descended, through both.
///
/// As in the published code, where `KLDivLoss(log_softmax(z'), softmax(z))` has gradients in both arguments.
package struct TradesLoss {
  /// The true classes.
  package let labels: [Int]
  /// The weight of the divergence.
  package let beta: Float
  /// The probability that the cross-entropy takes from the label and spreads over all classes alike.
  package let smoothing: Float
  /// Over how many images the mean is taken.
  private let meanCount: Int

  /// The objective for `labels`, whose mean is over these images or over `count`, of which they are a part.
  package init(labels: [Int], beta: Float, smoothing: Float = 0, meanOver count: Int? = nil) {
    (self.labels, self.beta, self.smoothing) = (labels, beta, smoothing)
    meanCount = count ?? labels.count
  }

  /// The sum of the objective over the batch, with the gradients of its mean.
  ///
  /// - Parameters:
  ///   - clean: The logits of the images, `[n, classes]`; in their place, the gradient with respect to them.
  ///   - attacked: Those of their copies; likewise.
  package func differentiate(clean: inout Tensor, attacked: inout Tensor) -> Double {
    let (rows, classes) = (clean.shape[0], clean.shape[1])
    let (weight, share) = (Double(beta), 1 / Double(meanCount))
    let spread = Double(smoothing) / Double(classes)
    var sum = 0.0
    clean.values.withUnsafeMutableBufferPointer { clean in
      attacked.values.withUnsafeMutableBufferPointer { attacked in
        for row in 0..<rows {
          let range = row * classes..<(row + 1) * classes
          let (shift, otherShift) = (logSumExp(clean[range]), logSumExp(attacked[range]))
          var divergence = 0.0
          for i in range {
            let (p, q) = (Double(clean[i]) - shift, Double(attacked[i]) - otherShift)
            divergence += exp(p) * (p - q)
          }
          sum += shift + weight * divergence
          for i in range {
            let (p, q) = (Double(clean[i]) - shift, Double(attacked[i]) - otherShift)
            let own = spread + (i == range.lowerBound + labels[row] ? 1 - Double(smoothing) : 0)
            if own > 0 { sum -= own * Double(clean[i]) }
            clean[i] = Float(share * (exp(p) - own + weight * exp(p) * (p - q - divergence)))
            attacked[i] = Float(share * weight * (exp(q) - exp(p)))
          }
        }
      }
    }
    return sum
  }
}

private func logSumExp(_ z: Slice<UnsafeMutableBufferPointer<Float>>) -> Double {
  let shift = Double(z.max() ?? 0)
  var sum = 0.0
  for value in z { sum += exp(Double(value) - shift) }
  return shift + log(sum)
}
