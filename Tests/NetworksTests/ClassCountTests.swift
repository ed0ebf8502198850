import Networks
import Testing

/// Networks whose head is made for another number of classes.
@Suite struct ClassCountTests {
  @Test("Every architecture that ends in a dense layer has a head, and with another one is that of so many classes")
  func architectures() throws {
    // Cohen and Welling's networks end in convolutions.
    for architecture in Architecture.allCases where !["z2cnn", "p4cnn"].contains(architecture.name) {
      let other = try #require(architecture.definition().classifying(7), "\(architecture.name) has no head")
      #expect(other == architecture.definition(classCount: 7), "\(architecture.name)")
      #expect(try NetworkGraph(other).classCount == 7)
    }
  }

  private func network(_ ends: [Node], classes: Int = 3) -> NetworkDefinition {
    let nodes = [
      Node(name: "flat", inputs: [Node.image], layer: .flatten),
      Node(name: "fc", inputs: ["flat"], layer: .dense(Dense(outputs: 3))),
    ]
    return NetworkDefinition(architecture: "mine", imageShape: [1, 2, 2], classCount: classes, nodes: nodes + ends)
  }

  @Test("What keeps features as they are may come after the head")
  func after() {
    let ends = [
      Node(name: "bend", inputs: ["fc"], layer: .activation(.tanh)),
      Node(name: "drop", inputs: ["bend"], layer: .dropout(Dropout(rate: 0.5))),
    ]
    #expect(network(ends).head == "fc")
    #expect(network(ends).classifying(4)?.nodes[1].layer == .dense(Dense(outputs: 4)))
    #expect(network(ends).classifying(4)?.classCount == 4)
  }

  @Test("A network that ends in a convolution has none", arguments: [Architecture.z2CNN, .p4CNN])
  func convolutional(architecture: Architecture) { #expect(architecture.definition().head == nil) }

  @Test("A network that ends otherwise has no head, and cycles end")
  func none() {
    let scale = Layer.batchNormalization(BatchNormalization())
    #expect(network([Node(name: "norm", inputs: ["fc"], layer: scale)]).head == nil)
    #expect(network([Node(name: "sum", inputs: ["fc", "fc"], layer: .sum)]).head == nil)
    #expect(network([Node(name: "loop", inputs: ["loop"], layer: .relu)]).head == nil)
    #expect(network([Node(name: "lost", inputs: ["nowhere"], layer: .relu)]).head == nil)
    #expect(network([], classes: 5).classifying(4) == nil)
  }
}
