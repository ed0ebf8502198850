/// A grouped convolution with few channels a group as one with fewer, wider groups, whose filters are zero between the
/// channels that do not see each other.
///
/// The library has fast kernels for groups of whole blocks of 16 channels alone; what is computed in vain is less than what its
/// general product costs, which besides mixes images.
struct MergedGroups {
  private let geometry: ConvolutionGeometry
  /// How many groups become one.
  private let count: Int

  /// Nil where groups need not be merged or cannot.
  init?(_ geometry: ConvolutionGeometry) {
    let (groups, outputs, inputs) = (geometry.groups, geometry.outputsPerGroup, geometry.inputsPerGroup)
    guard groups > 1, !geometry.isDepthwise, !outputs.isMultiple(of: 16) || !inputs.isMultiple(of: 16) else {
      return nil
    }
    let fitting = (2...16).first {
      groups > $0 && groups.isMultiple(of: $0) && ($0 * outputs).isMultiple(of: 16) && ($0 * inputs).isMultiple(of: 16)
    }
    guard let fitting else { return nil }
    (self.geometry, count) = (geometry, fitting)
  }

  /// What is computed.
  var merged: ConvolutionGeometry {
    let one = [count * geometry.outputsPerGroup, count * geometry.inputsPerGroup] + geometry.weights.suffix(2)
    return geometry.with(weights: [geometry.groups / count] + one)
  }

  /// The filters `[o, i / groups, h, w]` with zeros between the groups that became one.
  func weight(_ values: UnsafeBufferPointer<Float>) -> [Float] {
    let (outputs, inputs) = (geometry.outputsPerGroup, geometry.inputsPerGroup)
    let taps = geometry.weights.suffix(2).reduce(1, *)
    let run = inputs * taps
    var filters = [Float](repeating: 0, count: values.count * count)
    for output in 0..<geometry.groups * outputs {
      let place = output / outputs % count
      for i in 0..<run { filters[(output * count + place) * run + i] = values[output * run + i] }
    }
    return filters
  }
}
