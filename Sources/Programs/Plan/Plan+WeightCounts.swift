import Networks
import Tensors

extension Plan {
  /// How many numbers weight and bias of each of `weights` have.
  package var weightCounts: [(weight: Int, bias: Int)] {
    var counts = weights.map { _ in (weight: 0, bias: 0) }
    for step in steps {
      let (input, output) = (values[step.inputs[0]], values[step.output])
      switch step.operation {
      case .convolution(let settings, let index):
        counts[index] = (output[0] * (input[0] / settings.groups) * settings.kernelSize.area, output[0])
      case .transposedConvolution(let settings, let index):
        let taps = settings.kernelSize.area
        counts[index] = (input[0] * (output[0] / settings.groups) * taps, output[0])
      case .groupNormalization(_, _, let isElementwise, let index):
        let count = isElementwise ? input.count : input[0]
        counts[index] = (count, count)
      case .softmax, .localResponseNormalization, .upsampling: break
      case .dense(_, let index): counts[index] = (output[0] * input[0], output[0])
      case .scaleShift(let index), .batchNormalization(_, let index): counts[index] = (input[0], input[0])
      case .maxPooling, .averagePooling, .adaptiveAveragePooling, .dropout, .reshape, .selection, .sum, .product,
        .concatenation, .identity, .activation:
        break
      }
    }
    return counts
  }
}
