#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The logits of one image, or a gradient with respect to them: one number a class.
public typealias LogitRow = UnsafeBufferPointer<Float>
/// The same, to be written.
public typealias MutableLogitRow = UnsafeMutableBufferPointer<Float>

/// What an attack climbs for one image: a function of the image's logits `z`, with its gradient.
///
/// Classes are counted from 0, and a label is one of the row's classes. Where a maximum is asked for, the first of equals
/// has it; in ratios, equal logits rank by their class, the higher class higher, as sorting ranks them in PyTorch.
public enum Objective {
  /// `-log softmax(z)[label]`.
  case crossEntropy(label: Int)
  /// `max over i != label of z[i], minus z[label]`: positive exactly when the image is misclassified (Carlini and Wagner
  /// 2017, without the clamp).
  case margin(label: Int)
  /// `KL(p || softmax(z))` with fixed probabilities `p`, one a class, as TRADES ascends it.
  case divergence(from: LogitRow)
  /// `z[of] - z[from]`.
  case difference(of: Int, from: Int)
  /// `z[class]`.
  case logit(Int)
  /// The sum of all logits but `z[than]`.
  case otherLogits(than: Int)
  /// The difference of logits ratio (Croce and Hein 2020), `(max over i != label of z[i], minus z[label]) / (z1 - z3)`
  /// with the largest and the third largest logit; of three classes or more.
  case logitRatio(label: Int)
  /// The same towards a class, `(z[target] - z[label]) / (z1 - (z3 + z4) / 2)`; of four classes or more.
  case targetedLogitRatio(label: Int, target: Int)
  /// `softmax(z)[label]`.
  case ownProbability(label: Int)
  /// `max over i != label of softmax(z)[i]`.
  case rivalProbability(label: Int)
  /// `max over i != label of softmax(z)[i], minus softmax(z)[label]`.
  case probabilityMargin(label: Int)

  /// Its value at `logits`.
  public func value(_ logits: LogitRow) -> Float {
    switch self {
    case .crossEntropy(let label): return logSumExp(logits) - logits[label]
    case .margin(let label): return logits[runnerUp(logits, besides: label)] - logits[label]
    case .divergence(let probabilities):
      let shift = logSumExp(logits)
      var sum: Float = 0
      for i in logits.indices {
        let p = probabilities[i]
        if p > 0 { sum += p * (logf(p) - (logits[i] - shift)) }
      }
      return sum
    case .difference(let class1, let class2): return logits[class1] - logits[class2]
    case .logit(let index): return logits[index]
    case .otherLogits(let index): return logits.reduce(-logits[index], +)
    case .logitRatio(let label):
      let ratio = LogitRatio(logits, label: label)
      return ratio.numerator / ratio.denominator
    case .targetedLogitRatio(let label, let target):
      let ratio = LogitRatio(logits, label: label, target: target)
      return ratio.numerator / ratio.denominator
    case .ownProbability(let label): return probability(label, logits)
    case .rivalProbability(let label): return probability(runnerUp(logits, besides: label), logits)
    case .probabilityMargin(let label):
      return probability(runnerUp(logits, besides: label), logits) - probability(label, logits)
    }
  }

  /// Writes its gradient with respect to `logits` into `gradient`.
  public func writeGradient(at logits: LogitRow, into gradient: MutableLogitRow) {
    switch self {
    case .crossEntropy(let label):
      writeSoftmax(logits, gradient)
      gradient[label] -= 1
    case .margin(let label): writeDifference(of: runnerUp(logits, besides: label), from: label, gradient)
    case .divergence(let probabilities):
      writeSoftmax(logits, gradient)
      for i in gradient.indices { gradient[i] -= probabilities[i] }
    case .difference(let class1, let class2): writeDifference(of: class1, from: class2, gradient)
    case .logit(let index), .otherLogits(let index):
      let isOne = if case .logit = self { true } else { false }
      gradient.update(repeating: isOne ? 0 : 1)
      gradient[index] = isOne ? 1 : 0
    case .logitRatio(let label): LogitRatio(logits, label: label).writeGradient(gradient)
    case .targetedLogitRatio(let label, let target):
      LogitRatio(logits, label: label, target: target).writeGradient(gradient)
    case .ownProbability(let label): writeProbabilityGradient(logits, gradient, rival: label, label: nil)
    case .rivalProbability(let label):
      writeProbabilityGradient(logits, gradient, rival: runnerUp(logits, besides: label), label: nil)
    case .probabilityMargin(let label):
      writeProbabilityGradient(logits, gradient, rival: runnerUp(logits, besides: label), label: label)
    }
  }
}

private func writeDifference(of class1: Int, from class2: Int, _ gradient: MutableLogitRow) {
  gradient.update(repeating: 0)
  gradient[class1] += 1
  gradient[class2] -= 1
}

/// Writes the gradient of `softmax(z)[rival] - softmax(z)[label]`, either of which may be missing.
private func writeProbabilityGradient(_ z: LogitRow, _ out: MutableLogitRow, rival: Int?, label: Int?) {
  writeSoftmax(z, out)
  let (plus, minus) = (rival.map { out[$0] } ?? 0, label.map { out[$0] } ?? 0)
  for i in out.indices { out[i] *= minus - plus }
  if let rival { out[rival] += plus }
  if let label { out[label] -= minus }
}

private func probability(_ index: Int, _ z: LogitRow) -> Float { expf(z[index] - logSumExp(z)) }

/// A ratio of differences of logits, with what its gradient is made of.
private struct LogitRatio {
  private let label, rival: Int
  /// The classes of the largest logits, from the largest down; as many as there are, at most four.
  private let top: SIMD4<Int>
  private let isTargeted: Bool
  let numerator, denominator: Float

  init(_ z: LogitRow, label: Int, target: Int? = nil) {
    top = largest(z)
    self.label = label
    rival = target ?? (top[0] == label ? top[1] : top[0])
    isTargeted = target != nil
    numerator = z[rival] - z[label]
    let third = z[top[2]]
    denominator = z[top[0]] - (isTargeted ? (third + z[top[3]]) / 2 : third) + 1e-12
  }

  func writeGradient(_ out: MutableLogitRow) {
    out.update(repeating: 0)
    out[rival] += 1 / denominator
    out[label] -= 1 / denominator
    let slope = numerator / (denominator * denominator)
    out[top[0]] -= slope
    if isTargeted {
      out[top[2]] += slope / 2
      out[top[3]] += slope / 2
    } else {
      out[top[2]] += slope
    }
  }
}

/// The classes of the four largest of `z`, from the largest down, the later of equals first; the last again where there
/// are fewer.
private func largest(_ z: LogitRow) -> SIMD4<Int> {
  var top = SIMD4<Int>()
  for place in 0..<min(4, z.count) {
    var best = -1
    for i in z.indices where !(0..<place).contains(where: { top[$0] == i }) {
      if best < 0 || z[i] >= z[best] { best = i }
    }
    for later in place..<4 { top[later] = best }
  }
  return top
}

/// The classes of `logits` from the largest down, the later of equals first.
public func rankedClasses(_ logits: LogitRow) -> [Int] {
  logits.indices.sorted { (logits[$0], $0) > (logits[$1], $1) }
}

/// The index of the largest of `logits`; the first one of equals; NaN never wins.
public func predictedClass(_ logits: LogitRow) -> Int {
  var best = 0
  for i in 1..<max(logits.count, 1) where logits[i] > logits[best] { best = i }
  return best
}

/// Writes the probabilities `softmax(z)` into `out`.
public func writeSoftmax(_ z: LogitRow, _ out: MutableLogitRow) {
  let shift = z.max() ?? 0
  var sum: Float = 0
  for i in z.indices {
    out[i] = expf(z[i] - shift)
    sum += out[i]
  }
  for i in z.indices { out[i] /= sum }
}

func logSumExp(_ z: LogitRow) -> Float {
  let shift = z.max() ?? 0
  var sum: Float = 0
  for value in z { sum += expf(value - shift) }
  return shift + logf(sum)
}

/// The index of the largest of `z` besides `label`.
private func runnerUp(_ z: LogitRow, besides label: Int) -> Int {
  var best = label == 0 ? min(1, z.count - 1) : 0
  for i in z.indices where i != label && z[i] > z[best] { best = i }
  return best
}
