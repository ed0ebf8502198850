#if CUSP_ONEDNN
  import Networks
  import OneDNNBackend
  import Optimizers
  import Programs
  import Symmetry
  import Synchronization
  import Tensors
  import TestSupport
  import Testing

  /// The fast algorithms against the direct one.
  @Suite("Fast convolutions agree with direct ones")
  struct AlgorithmTests {
    /// One convolution: channels in and out, the image's side, the padding; with strides the sum of two.
    struct Case: CustomTestStringConvertible {
      let inputs, outputs, side, padding: Int
      let algorithm: ConvolutionAlgorithm
      var kernel = 3
      var stride = 1
      var groups = 1
      var bias = true

      var testDescription: String {
        let channels = "\(inputs) to \(outputs) channels" + (groups > 1 ? " in \(groups) groups" : "")
        return "\(channels) \(kernel)x\(kernel)/\(stride) on \(side)x\(side), \(algorithm.rawValue)"
      }

      var withoutBias: Case {
        var other = self
        other.bias = false
        return other
      }

      private var names: [String] { stride > 1 ? ["convolution", "second"] : ["convolution"] }

      func graph() throws -> NetworkGraph {
        var settings = Convolution(outputChannels: outputs, kernelSize: kernel, stride: stride, padding: padding)
        (settings.groups, settings.bias) = (groups, bias)
        let width = (side + 2 * padding - kernel) / stride + 1
        return try NetworkGraph(
          NetworkDefinition(
            architecture: "one", imageShape: [inputs, side, side], classCount: outputs * width * width,
            nodes: names.map { Node(name: $0, inputs: [Node.image], layer: .convolution(settings)) }
              + (stride > 1 ? [Node(name: "sum", inputs: names, layer: .sum)] : []) + [
                Node(name: "flatten", inputs: [stride > 1 ? "sum" : names[0]], layer: .flatten)
              ]))
      }
    }

    static let winograd = [
      (64, 64, 32, 1), (32, 64, 12, 0), (128, 64, 7, 1), (80, 48, 10, 1), (32, 112, 5, 1), (256, 512, 4, 1),
      // These do not fill their blocks of 16 channels.
      (40, 90, 9, 0), (184, 72, 7, 1), (64, 33, 6, 1),
      // The way back is the way there transposed: it takes fewer tiles.
      (32, 32, 26, 0), (64, 64, 10, 0), (36, 50, 18, 0),
      // These have a form of their own.
      (48, 80, 2, 1), (40, 33, 2, 1), (512, 256, 2, 1),
    ].map {
      Case(inputs: $0.0, outputs: $0.1, side: $0.2, padding: $0.3, algorithm: .winograd)
    }
    /// Channels in and out, the image's side, the padding and the groups; those of the last are merged two by two.
    static let grouped = [
      (64, 64, 9, 1, 2), (96, 288, 18, 0, 3), (256, 128, 5, 1, 2), (64, 96, 2, 1, 2), (96, 96, 10, 1, 4),
    ].map {
      Case(inputs: $0.0, outputs: $0.1, side: $0.2, padding: $0.3, algorithm: .winograd, groups: $0.4)
    }
    /// Channels in and out, the image's side, the padding, the kernel and the stride.
    static let strided = [
      (184, 360, 8, 1, 3, 2), (40, 64, 7, 1, 3, 2), (64, 90, 10, 0, 3, 2), (33, 47, 9, 0, 1, 2), (40, 36, 11, 2, 5, 3),
      (40, 36, 6, 1, 2, 3), (100, 40, 5, 2, 4, 2),
      (48, 33, 16, 1, 3, 4), (35, 64, 12, 3, 7, 2), (90, 45, 4, 1, 3, 2), (34, 50, 3, 1, 3, 2), (64, 40, 33, 1, 3, 2),
      // From more channels than one round of a product takes, to more than a panel's.
      (300, 130, 5, 1, 3, 2),
    ].map {
      Case(
        inputs: $0.0, outputs: $0.1, side: $0.2, padding: $0.3, algorithm: .implicitGEMM, kernel: $0.4, stride: $0.5)
    }
    /// Channels in and out and the side of images on which training takes the taps that see a pixel.
    static let small = [(48, 80, 1), (64, 32, 1), (32, 512, 1)].map {
      Case(inputs: $0.0, outputs: $0.1, side: $0.2, padding: 1, algorithm: .implicitGEMM)
    }
    static let cases =
      winograd + grouped + strided + [
        Case(inputs: 48, outputs: 80, side: 1, padding: 1, algorithm: .denseProduct),
        Case(inputs: 40, outputs: 24, side: 2, padding: 1, algorithm: .denseProduct),
        Case(inputs: 5, outputs: 7, side: 1, padding: 1, algorithm: .denseProduct),
        Case(inputs: 3, outputs: 64, side: 32, padding: 1, algorithm: .direct),
      ]
    static let batch = 6

    private func direct() throws -> OneDNNBackend { try OneDNNBackend(threads: 2, algorithms: .always(.direct)) }
    private func fast() throws -> OneDNNBackend { try OneDNNBackend(threads: 2) }

    private func pixels(_ graph: NetworkGraph, count: Int) -> Tensor {
      let shape = [count] + graph.imageShape.sizes
      return Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
    }

    /// Logits and input gradient of the first `count` images of the formula.
    private func evaluate(
      _ graph: NetworkGraph, _ parameters: Parameters? = nil, count: Int, on backend: OneDNNBackend,
      order: [Int]? = nil
    ) throws -> (logits: Tensor, gradient: Tensor) {
      let order = order ?? Array(0..<count)
      let images = pixels(graph, count: count)
      let labels = FormulaWeights.labels(count: count, classes: graph.classCount)
      let moved = Tensor(images.shape, order.flatMap { images[rows: $0..<$0 + 1].values })
      var (logits, gradient) = (Tensor([count, graph.classCount]), moved)
      let program = try InputGradientProgram(
        graph, parameters: parameters ?? Parameters(initializing: graph, seed: 1), batchSize: count, on: backend)
      try program.evaluate(
        moved, loss: CrossEntropy(labels: order.map { labels[$0] }), into: &gradient, logits: &logits)
      return (logits, gradient)
    }

    @Test("every step of a pass within 1e-5", arguments: cases)
    func steps(_ test: Case) throws {
      let graph = try test.graph()
      let count = Self.batch
      let gradient = FormulaWeights.values(path: "gradient", shape: [count, graph.classCount], kind: .weight)
      func run(_ backend: OneDNNBackend) throws -> (logits: Tensor, gradient: Tensor) {
        let plan = Plan(graph, for: .inputGradient, batchSize: count)
        let engine = try backend.makeInputGradientEngine(plan)
        let parameters = Parameters(initializing: graph, seed: 1)
        try engine.load(plan.weights.map { PreparedWeights($0, parameters) })
        var (logits, slope) = (Tensor([count, graph.classCount]), pixels(graph, count: count))
        try slope.values.withUnsafeMutableBufferPointer { slope in
          try logits.values.withUnsafeMutableBufferPointer {
            try engine.forward(UnsafeBufferPointer(slope), rows: count, logits: $0)
          }
          try gradient.withUnsafeBufferPointer { try engine.backward($0, pixelGradient: slope) }
        }
        return (logits, slope)
      }
      let (found, expected) = (try run(fast()), try run(direct()))
      #expect(difference(found.logits, expected.logits) < 1e-5)
      #expect(difference(found.gradient, expected.gradient) < 1e-5)
    }

    @Test(
      "every gradient of weights within 1e-5", arguments: winograd + small + (grouped + strided).map(\.withoutBias))
    func weightGradients(_ test: Case) throws {
      let graph = try test.graph()
      func gradients(_ backend: OneDNNBackend) throws -> [ParameterPath: Tensor] {
        let program = try TrainingProgram(
          graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: Self.batch, on: backend)
        var logits = Tensor([Self.batch, graph.classCount])
        try program.forward(pixels(graph, count: Self.batch), masks: [], into: &logits)
        let labels = FormulaWeights.labels(count: Self.batch, classes: graph.classCount)
        try program.backward(CrossEntropy(labels: labels), logits: logits)
        return try program.gradients()
      }
      let (found, expected) = (try gradients(fast()), try gradients(direct()))
      #expect(found.count == (test.bias ? 2 : 1) * (test.stride > 1 ? 2 : 1))
      for (path, gradient) in expected { #expect(difference(try #require(found[path]), gradient) < 1e-5, "\(path)") }
    }

    @Test("weights that no pixel sees have no gradient: of a 1x1 image all but the middle")
    func unseen() throws {
      let graph = try Case(inputs: 64, outputs: 32, side: 1, padding: 1, algorithm: .implicitGEMM).graph()
      let program = try TrainingProgram(
        graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: Self.batch, on: fast())
      var logits = Tensor([Self.batch, graph.classCount])
      try program.forward(pixels(graph, count: Self.batch), masks: [], into: &logits)
      try program.backward(
        CrossEntropy(labels: FormulaWeights.labels(count: Self.batch, classes: graph.classCount)), logits: logits)
      let weights = try #require(program.gradients().values.first { $0.values.count == 64 * 32 * 9 }).values
      #expect(weights.indices.allSatisfy { ($0 % 9 == 4) == (weights[$0] != 0) })
    }

    @Test("group convolutions train by the handwritten Winograd: logits, gradients, and what updates leave")
    func groupConvolutions() throws {
      let lifting = GroupConvolution(.p4m, lifting: true, outputChannels: 5, kernelSize: 3, padding: 1)
      let grouped = GroupConvolution(.p4m, outputChannels: 6, kernelSize: 3, padding: 1)
      let unbiased = GroupConvolution(.p4m, outputChannels: 7, kernelSize: 3, padding: 1, bias: false)
      let layers = [
        "lift": Layer.groupConvolution(lifting), "conv": .groupConvolution(grouped),
        "last": .groupConvolution(unbiased),
      ]
      try train(
        chain(layers, ["lift", "conv", "last"], image: [3, 9, 9], outputs: 56 * 81), parameters: 5,
        by: "winograd",
        [
          "conv convolution forward", "conv convolution backward data", "last convolution backward weights",
        ])
    }

    @Test("plain convolutions train by it, ours where the library has none, biases included")
    func plain() throws {
      let conv = Convolution(outputChannels: 48, kernelSize: 3, padding: 1)
      let last = Convolution(outputChannels: 32, kernelSize: 3, padding: 0, bias: false)
      let calls = ["conv convolution forward", "conv convolution backward weights", "last convolution backward data"]
      try train(pair(conv, last), parameters: 3, by: "winograd", isOurs(pair(conv, last)) ? calls : [])
    }

    /// Whether training takes our Winograd, and not the library's.
    private func isOurs(_ graph: NetworkGraph) throws -> Bool {
      let calls = try fast().implementations(Plan(graph, for: .training, batchSize: Self.batch))
      return !calls.contains { $0.contains("jit_wino") }
    }

    @Test("strides and images of 1x1 train by taps behind it, biases included")
    func taps() throws {
      let layers = [
        "conv": Layer.convolution(.init(outputChannels: 48, kernelSize: 3, padding: 1)),
        "down": .convolution(.init(outputChannels: 64, kernelSize: 3, stride: 2, padding: 1)),
        "lower": .convolution(.init(outputChannels: 48, kernelSize: 3, stride: 2, padding: 1)),
        "small": .convolution(.init(outputChannels: 32, kernelSize: 3, padding: 1)),
      ]
      let graph = try chain(layers, ["conv", "down", "lower", "small"], image: [32, 4, 4], outputs: 32)
      let calls = ["forward", "backward data", "backward weights"].flatMap { pass in
        ["down", "lower", "small"].map { "\($0) convolution \(pass)" }
      }
      try train(graph, parameters: 8, by: "taps", isOurs(graph) ? calls : [])
    }

    private func pair(_ conv: Convolution, _ last: Convolution) throws -> NetworkGraph {
      try chain(
        ["conv": .convolution(conv), "last": .convolution(last)], ["conv", "last"], image: [32, 9, 9], outputs: 32 * 49)
    }

    @Test("convolutions in groups train by it, too")
    func groups() throws {
      var (conv, last) = (
        Convolution(outputChannels: 96, kernelSize: 3, padding: 1, bias: false),
        Convolution(outputChannels: 64, kernelSize: 3, padding: 0, bias: false)
      )
      (conv.groups, last.groups) = (2, 2)
      try train(
        chain(
          ["conv": .convolution(conv), "last": .convolution(last)], ["conv", "last"], image: [64, 8, 8],
          outputs: 64 * 36), parameters: 2,
        by: "winograd",
        [
          "conv convolution forward", "conv convolution backward weights", "last convolution forward",
          "last convolution backward data", "last convolution backward weights",
        ])
    }

    /// `layers`, one after the other.
    private func chain(
      _ layers: [String: Layer], _ names: [String], image: [Int], outputs: Int
    ) throws -> NetworkGraph {
      let nodes = try zip(names, [Node.image] + names).map {
        Node(name: $0, inputs: [$1], layer: try #require(layers[$0]))
      }
      let flatten = Node(name: "flatten", inputs: names.suffix(1), layer: .flatten)
      return try NetworkGraph(
        NetworkDefinition(architecture: "chain", imageShape: image, classCount: outputs, nodes: nodes + [flatten]))
    }

    /// Three updates, beside those by direct convolutions.
    private func train(_ graph: NetworkGraph, parameters: Int, by kernels: String, _ expected: [String]) throws {
      let calls = try fast().implementations(Plan(graph, for: .training, batchSize: Self.batch))
      for call in expected {
        #expect(
          calls.contains("\(call): \(kernels):\(OneDNNBackend.instructionSet)") == OneDNNBackend.supportsWinograd,
          "\(call)")
      }
      let programs = try [fast(), direct()].map {
        try TrainingProgram(
          graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: Self.batch, on: $0)
      }
      // The library's Winograd rounds more than ours.
      let bound: Float = expected.isEmpty ? 5e-4 : 5e-5
      // Those of a loss would vanish as it is minimised, until they are rounding errors.
      let units = FormulaWeights.units(path: "arriving", count: Self.batch * graph.classCount)
      let arriving = Tensor([Self.batch, graph.classCount], units.map { Float(0.01 * $0) })
      for _ in 0..<3 {
        let logits = try programs.map { program in
          var logits = Tensor([Self.batch, graph.classCount])
          try program.forward(pixels(graph, count: Self.batch), masks: [], into: &logits)
          try program.backward(arriving)
          return logits
        }
        #expect(difference(logits[0], logits[1]) < bound)
        let gradients = try programs.map { try $0.gradients() }
        #expect(gradients[0].count == parameters)
        for (path, gradient) in gradients[1] {
          #expect(difference(try #require(gradients[0][path]), gradient) < bound, "\(path)")
        }
        for program in programs {
          try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.05, weightDecay: 0.01))
        }
      }
    }

    @Test("the algorithm is the one that was meant", arguments: cases)
    func chosen(_ test: Case) throws {
      let plan = Plan(try test.graph(), for: .inputGradient, batchSize: Self.batch)
      let calls = try fast().implementations(plan).filter { $0.contains("convolution") }
      #expect(calls.count == (test.stride > 1 ? 4 : 2))
      switch test.algorithm {
      case .winograd: #expect(calls.allSatisfy { $0.contains("wino") == OneDNNBackend.supportsWinograd })
      case .implicitGEMM: #expect(calls.allSatisfy { $0.contains("taps") == OneDNNBackend.supportsWinograd })
      case .direct: #expect(!calls.contains { $0.contains("wino") })
      case .denseProduct: #expect(calls.allSatisfy { $0.contains("gemm") || $0.contains("groups") })
      }
      #expect(!(try direct().implementations(plan).contains { $0.contains("wino") }))
    }

    @Test("an image's slot changes no bit", arguments: cases)
    func slots(_ test: Case) throws {
      let graph = try test.graph()
      let straight = try evaluate(graph, count: Self.batch, on: fast())
      for shift in 1..<Self.batch {
        let order = (0..<Self.batch).map { ($0 + shift) % Self.batch }
        let moved = try evaluate(graph, count: Self.batch, on: fast(), order: order)
        for (slot, image) in order.enumerated() {
          #expect(moved.logits[rows: slot..<slot + 1].values == straight.logits[rows: image..<image + 1].values)
          #expect(moved.gradient[rows: slot..<slot + 1].values == straight.gradient[rows: image..<image + 1].values)
        }
      }
    }

    static let architectures: [Architecture] = [.smallCNN, .vgg16, .resnet18]

    @Test("whole networks: logits, and gradients but for kinks", arguments: architectures)
    func networks(_ architecture: Architecture) throws {
      let subject = try Subject(architecture.rawValue)
      let found = try evaluate(subject.graph, subject.parameters, count: 64, on: fast())
      let expected = try evaluate(subject.graph, subject.parameters, count: 64, on: direct())
      #expect(difference(found.logits, expected.logits) < 1e-4)
      let rows = (0..<64).map { (found.gradient[rows: $0..<$0 + 1], expected.gradient[rows: $0..<$0 + 1]) }
      #expect(rows.filter { difference($0.0, $0.1) < 1e-4 }.count >= 52)
      for (one, other) in rows { #expect(cosine(one, other) >= 0.99) }
    }

    @Test("smooth twins, averaging and without ReLU: every image's gradient", arguments: architectures)
    func smoothTwins(_ architecture: Architecture) throws {
      let subject = try Subject(architecture.rawValue)
      var definition = subject.graph.definition
      for index in definition.nodes.indices {
        switch definition.nodes[index].layer {
        case .relu: definition.nodes[index].layer = .dropout(Dropout(rate: 0))
        case .maxPooling(let settings): definition.nodes[index].layer = .averagePooling(settings)
        default: break
        }
      }
      let graph = try NetworkGraph(definition)
      let found = try evaluate(graph, subject.parameters, count: 64, on: fast())
      let expected = try evaluate(graph, subject.parameters, count: 64, on: direct())
      for image in 0..<64 {
        let rows = image..<image + 1
        #expect(difference(found.gradient[rows: rows], expected.gradient[rows: rows]) < 1e-4)
      }
    }

    @Test("measured choices are kept, reported once each, named, and no less exact")
    func measured() throws {
      let reports = Mutex<[String]>([])
      let measured = MeasuredAlgorithms { report in reports.withLock { $0.append(report) } }
      let backend = try OneDNNBackend(threads: 2, algorithms: .measured(measured))
      let plain = backend.name
      let graph = try Self.winograd[1].graph()
      let found = try evaluate(graph, count: Self.batch, on: backend)
      #expect(try evaluate(graph, count: Self.batch, on: backend).logits == found.logits)
      #expect(difference(found.logits, try evaluate(graph, count: Self.batch, on: direct()).logits) < 1e-5)
      #expect(reports.withLock { $0.count } == 1)
      #expect(measured.summary.count == 1)
      let choice = try #require(measured.summary.first)
      #expect(choice.wholeMatch(of: /32>64 3x3\/1 on 12x12: (direct|winograd|implicit-gemm)/) != nil)
      #expect(backend.name == plain + choice)
    }

    private func cosine(_ one: Tensor, _ other: Tensor) -> Double {
      func product(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      return product(one, other) / (product(one, one) * product(other, other)).squareRoot()
    }
  }
#endif
