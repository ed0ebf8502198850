#if CUSP_ONEDNN
  import Failures
  import Foundation
  import Networks
  import OneDNNBackend
  import Optimizers
  import PortableBackend
  import Programs
  import Tensors
  import TestSupport
  import Testing

  /// What only this backend promises.
  @Suite("oneDNN")
  struct OneDNNBackendTests {
    static let architectures: [Architecture] = [.digitsCNN, .smallCNN, .netMNIST, .leNet, .vgg16, .resnet18]

    @Test("the name carries the library's version")
    func name() throws {
      #expect(try OneDNNBackend(threads: 1).name.wholeMatch(of: /onednn [0-9]+\.[0-9]+\.[0-9]+/) != nil)
    }

    /// What the build was pointed at, if it was.
    static let root = ProcessInfo.processInfo.environment["CUSP_ONEDNN_ROOT"]

    @Test("the library that runs is the one whose headers the build was pointed at", .enabled(if: root != nil))
    func version() throws {
      let path = try #require(Self.root) + "/include/oneapi/dnnl/dnnl_version.h"
      let header = try String(contentsOfFile: path, encoding: .utf8)
      let numbers = header.matches(of: /DNNL_VERSION_(?:MAJOR|MINOR|PATCH) ([0-9]+)/).map(\.1)
      #expect(try OneDNNBackend(threads: 1).name == "onednn \(numbers.joined(separator: "."))")
    }

    #if os(Linux)
      @Test("nothing else in a process is bound to the library's functions or its OpenMP's")
      func scope() throws {
        _ = try OneDNNBackend(threads: 1)
        for name in ["dnnl_version", "omp_set_num_threads", "GOMP_parallel"] {
          #expect(dlsym(nil, name) == nil, "\(name)")
        }
      }
    #endif

    @Test("a number of threads that cannot be is refused", arguments: [0, -1, 1025])
    func threads(_ count: Int) {
      #expect(throws: Failure(.usage, "onednn: cannot run on \(count) threads; give 1...1024")) {
        try OneDNNBackend(threads: count)
      }
    }

    @Test(
      "no convolution, dense layer or lone norm falls back to a reference kernel",
      arguments: architectures + [.preactResNet18], [2, 32])
    func kernels(_ architecture: Architecture, batchSize: Int) throws {
      let graph = try NetworkGraph(architecture.definition())
      let backend = try OneDNNBackend(threads: 2)
      for purpose in [Plan.Purpose.inference, .inputGradient, .training] {
        let kernels = try backend.implementations(Plan(graph, for: purpose, batchSize: batchSize))
        #expect(kernels.contains { $0.contains("convolution forward") })
        for kernel in kernels where ["convolution", "dense", "scale and shift"].contains(where: kernel.contains) {
          #expect(!kernel.contains(": ref"), "\(purpose)")
        }
      }
    }

    @Test("an image's answer and gradient do not depend on its slot in whole networks", arguments: architectures)
    func slots(_ architecture: Architecture) throws {
      let batch = 7
      let graph = try NetworkGraph(architecture.definition())
      let program = try InputGradientProgram(
        graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: batch, on: OneDNNBackend(threads: 2))
      let images = Tensor(
        Shape([batch] + graph.imageShape.sizes),
        FormulaWeights.pixels(shape: [batch] + graph.imageShape.sizes))
      let labels = FormulaWeights.labels(count: batch, classes: graph.classCount)

      func answers(_ order: [Int]) throws -> [[Float]] {
        let pixels = Tensor(images.shape, order.flatMap { images[rows: $0..<$0 + 1].values })
        var (logits, gradient) = (Tensor([batch, graph.classCount]), pixels)
        try program.evaluate(
          pixels, loss: CrossEntropy(labels: order.map { labels[$0] }), into: &gradient, logits: &logits)
        return (0..<batch).map { logits[rows: $0..<$0 + 1].values + gradient[rows: $0..<$0 + 1].values }
      }
      let straight = try answers(Array(0..<batch))
      #expect(try answers(Array((0..<batch).reversed())) == straight.reversed())
    }

    @Test("training goes on from parameters and momentum handed back, to the byte", arguments: ["digits-cnn", "vgg11"])
    func resumption(_ name: String) throws {
      let subject = try Subject(name)
      let backend = try OneDNNBackend(threads: 2)
      func step(_ program: TrainingProgram) throws {
        var logits = subject.emptyLogits
        try program.forward(subject.pixels, masks: subject.masks(of: program), into: &logits)
        try program.backward(subject.loss, logits: logits)
        try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.01, weightDecay: 5e-4))
      }
      let first = try subject.trainingProgram(on: backend)
      try step(first)
      let second = try TrainingProgram(
        subject.graph, parameters: first.parameters(), state: first.optimizerState(), batchSize: subject.batchSize,
        on: backend)
      try step(first)
      try step(second)
      #expect(try first.parameters() == second.parameters())
      #expect(try first.momentum() == second.momentum())
      #expect(try first.gradients() == second.gradients())
    }

    @Test("loaded weights replace those before")
    func reloading() throws {
      let subject = try Subject("small-cnn")
      let backend = try OneDNNBackend(threads: 2)
      let other = Parameters(initializing: subject.graph, seed: 3)
      let program = try InputGradientProgram(
        subject.graph, parameters: other, batchSize: subject.batchSize, on: backend)
      try program.load(subject.parameters)
      var (logits, gradient) = (subject.emptyLogits, Tensor(subject.pixels.shape))
      try program.evaluate(subject.pixels, loss: subject.loss, into: &gradient, logits: &logits)
      #expect(subject.reference.evaluation.logits.mismatch(logits.values) == nil)
      #expect(subject.reference.evaluation.inputGradient.mismatch(gradient.values) == nil)
    }

    @Test("a sum with an activation is right, and stays within its memory, whatever blocks its channels come in")
    func narrowBlocks() throws {
      // 20 channels a group come in blocks of 4.
      let grouped = Convolution(outputChannels: 60, kernelSize: 1, groups: 3)
      let graph = try NetworkGraph(
        NetworkDefinition(
          architecture: "sum", imageShape: [48, 9, 9], classCount: 60 * 81,
          nodes: [
            Node(name: "grouped", inputs: [Node.image], layer: .convolution(grouped)),
            Node(name: "beside", inputs: [Node.image], layer: .convolution(.init(outputChannels: 60, kernelSize: 1))),
            Node(name: "sum", inputs: ["grouped", "beside"], layer: .sum),
            Node(name: "bent", inputs: ["sum"], layer: .relu),
            Node(name: "flatten", inputs: ["bent"], layer: .flatten),
          ]))
      func train(on backend: any Backend) throws -> (logits: Tensor, gradients: [ParameterPath: Tensor]) {
        let program = try TrainingProgram(
          graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: 3, on: backend)
        var logits = Tensor([3, graph.classCount])
        let pixels = Tensor(Shape([3, 48, 9, 9]), FormulaWeights.pixels(shape: [3, 48, 9, 9]))
        try program.forward(pixels, masks: [], into: &logits)
        try program.backward(Tensor(logits.shape, filledWith: 0.01))
        return (logits, try program.gradients())
      }
      let (found, expected) = (try train(on: OneDNNBackend(threads: 2)), try train(on: PortableBackend(threads: 1)))
      #expect(expected.logits.values.contains(0))
      #expect(difference(found.logits, expected.logits) < 1e-5)
      for (path, gradient) in expected.gradients {
        #expect(difference(try #require(found.gradients[path]), gradient) < 1e-5, "\(path)")
      }
    }
  }
#endif
