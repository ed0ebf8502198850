import TestSupport
import Testing

@Suite("Reference numbers")
struct ReferenceNumbersTests {
  @Test("every file can be read and describes its tensors", arguments: ReferenceNumbers.architectures)
  func architectures(name: String) throws {
    try check(ReferenceNumbers(named: name))
  }

  @Test("every layer's file can be read and holds a definition", arguments: ReferenceNumbers.layers)
  func layers(name: String) throws {
    struct Definition: Decodable { let imageShape: [Int], classCount: Int }
    let numbers = try ReferenceNumbers(named: name)
    let definition = try ReferenceNumbers.definition(Definition.self, named: name)
    #expect(definition.imageShape == Array(numbers.input.dropFirst()))
    #expect(definition.classCount == numbers.classes)
    try check(numbers)
  }

  @Test("the architectures and more than thirty layers have numbers")
  func nothingIsMissing() {
    let names = [
      "digits-cnn", "lenet", "net-mnist", "resnet18", "small-cnn", "vgg11", "vgg13", "vgg16", "vgg19",
    ]
    #expect(Set(ReferenceNumbers.architectures).isSuperset(of: names))
    #expect(ReferenceNumbers.layers.count > 30)
  }

  @Test("an exact tensor matches; a changed sample, an unsampled change and a wrong size are named")
  func mismatchesAreFound() throws {
    let sample = try ReferenceNumbers(named: "layers/dense").evaluation.logits
    var logits = sample.values.map { Float($0) }
    #expect(sample.positions == Array(logits.indices))
    #expect(sample.mismatch(logits) == nil)
    #expect(sample.agreement(logits, within: 1e-6) == 1)
    logits[3] += Float(sample.scale) * 3e-4
    #expect(try #require(sample.mismatch(logits)).hasPrefix("element 3: "))
    #expect(sample.mismatch(logits, within: 1e-3) == nil)
    #expect(sample.agreement(logits, within: 1e-6) == 1 - 1 / Double(logits.count))
    #expect(sample.mismatch(Array(logits.dropLast())) == "27 elements do not fill [4, 7]")
    logits[5] = .nan
    #expect(sample.mismatch(logits) == "element 5: nan")
  }

  @Test("the weighted sum sees a change between sampled elements")
  func projectionSeesEverything() throws {
    let gradient = try #require(ReferenceNumbers(named: "layers/dense").training?.parameterGradients["fc1.bias"])
    #expect(gradient.values.count < gradient.shape.reduce(1, *))
    #expect(gradient.positions.first == 0)
    #expect(gradient.positions.last == gradient.shape.reduce(1, *) - 1)
    var tensor = [Float](repeating: 0, count: gradient.shape.reduce(1, *))
    for (position, value) in zip(gradient.positions, gradient.values) { tensor[position] = Float(value) }
    #expect(gradient.mismatch(tensor) != nil)
  }

  private func check(_ numbers: ReferenceNumbers) throws {
    #expect(numbers.evaluation.logits.shape == [numbers.input[0], numbers.classes])
    #expect(numbers.evaluation.inputGradient.shape == numbers.input)
    #expect(!numbers.parameters.isEmpty)
    guard let training = numbers.training else { return }
    let tensors = training.parameterGradients.merging(training.runningStatistics) { first, _ in first }
    #expect(numbers.parameters.count == tensors.count)
    for (path, sample) in tensors {
      #expect(sample.scale > 0, "\(path)")
      #expect(sample.max <= sample.scale, "\(path)")
      #expect(sample.values.allSatisfy { abs($0) <= sample.max }, "\(path)")
    }
  }
}
