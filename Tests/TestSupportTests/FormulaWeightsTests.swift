import TestSupport
import Testing

/// What `python3 fixtures/make/formula.py` prints for one tensor: its first two and last values, and their sum.
struct Example: Sendable {
  let path: String
  let shape: [Int]
  let kind: FormulaWeights.Kind
  let ends: [Float]
  let sum: Double

  init(_ path: String, _ shape: [Int], _ kind: FormulaWeights.Kind, _ ends: [Float], sum: Double) {
    self.path = path
    self.shape = shape
    self.kind = kind
    self.ends = ends
    self.sum = sum
  }

  static let all = [
    Example("conv1.weight", [16, 1, 3, 3], .weight, [0.74206287, -0.16430527, -0.6421223], sum: 4.745663162786514),
    Example(
      "features.0.weight", [64, 3, 3, 3], .weight, [0.15634611, 0.38204932, -0.25415808], sum: -0.4459241746371845),
    Example("fc2.bias", [10], .bias, [0.017947732, 0.012308388, -0.0056843054], sum: 0.01730066630989313),
    Example("bn1.weight", [64], .normWeight, [0.84275514, 0.93711954, 1.0194595], sum: 62.59458404779434),
    Example("layer1.0.bn2.weight", [64], .normWeight, [0.21165909, 0.2052815, 0.2230864], sum: 15.678119868040085),
    Example("features.1.bias", [64], .normBias, [-0.060088824, -0.028278572, 0.07793535], sum: 0.08329944062279537),
    Example("bn1.running_mean", [64], .runningMean, [0.06426427, 0.09400216, 0.03584674], sum: -0.20072738861199468),
    Example("bn1.running_var", [64], .runningVariance, [0.73231435, 1.1309704, 1.1601849], sum: 64.50784403085709),
    Example("pixels", [2, 3, 4, 4], .pixels, [0.2884309, 0.6572505, 0.46074882], sum: 45.42965195979923),
  ]
}

@Suite("Weights made by a formula")
struct FormulaWeightsTests {
  @Test("every kind of tensor has the values that NumPy computes", arguments: Example.all)
  func valuesAgreeWithNumPy(example: Example) {
    let values = FormulaWeights.values(path: example.path, shape: example.shape, kind: example.kind)
    #expect(values.count == example.shape.reduce(1, *))
    #expect([values.first, values.dropFirst().first, values.last] == example.ends.map(Optional.some))
    #expect(abs(values.reduce(0) { $0 + Double($1) } - example.sum) < 1e-9)
  }

  @Test("labels and an attack's start follow their formulas")
  func labelsAndStart() {
    #expect(FormulaWeights.labels(count: 5, classes: 10) == [3, 0, 7, 4, 1])
    #expect(
      FormulaWeights.start(count: 5, size: 0.3) == [0.12778294, 0.11984847, -0.023917332, -0.2896106, -0.17841484])
  }

  @Test("a dropout's mask zeroes and scales")
  func mask() {
    #expect(FormulaWeights.mask(node: "drop", count: 6, rate: 0.5) == [2, 0, 2, 0, 0, 0])
    let quarter = FormulaWeights.mask(node: "drop", count: 12, rate: 0.25).map { $0 > 0 }
    #expect(quarter == [true, true, true, false, false, true, true, true, true, true, false, true])
  }
}
