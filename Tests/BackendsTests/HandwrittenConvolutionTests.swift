#if CUSP_ONEDNN
  import Networks
  import OneDNNBackend
  import PortableBackend
  import Programs
  import Symmetry
  import Tensors
  import TestSupport
  import Testing

  /// Convolutions by handwritten products, in networks that mix them with the library's kernels.
  @Suite("Handwritten convolutions", .enabled(if: OneDNNBackend.supportsWinograd, "no AVX-512 here"))
  struct HandwrittenConvolutionTests {
    private static let batch = 6

    /// A residual network over p4m whose channels fill no blocks: strides, norms, a shortcut and pooling over the group.
    private func groupNetwork(relu: Bool) throws -> NetworkGraph {
      func conv(_ name: String, _ input: String, _ settings: GroupConvolution) -> [Node] {
        let norm = Node(name: "\(name).norm", inputs: [name], layer: .groupBatchNormalization(.init(), over: .p4m))
        return [Node(name: name, inputs: [input], layer: .groupConvolution(settings)), norm]
      }
      func bend(_ name: String, _ input: String) -> Node {
        Node(name: name, inputs: [input], layer: relu ? .relu : .dropout(Dropout(rate: 0)))
      }
      let wide = GroupConvolution(.p4m, outputChannels: 9, kernelSize: 3, stride: 2, padding: 1, bias: false)
      var pointed = wide
      (pointed.kernelSize, pointed.padding) = (1, 0)
      var second = wide
      second.stride = 1
      let lifting = GroupConvolution(.p4m, lifting: true, outputChannels: 5, kernelSize: 3, padding: 1, bias: false)
      let nodes =
        conv("lift", Node.image, lifting) + [bend("first", "lift.norm")]
        + conv("shortcut", "first", pointed) + conv("down", "first", wide) + [bend("middle", "down.norm")]
        + conv("last", "middle", second) + [
          Node(name: "sum", inputs: ["last.norm", "shortcut.norm"], layer: .sum), bend("bent", "sum"),
          Node(name: "pool", inputs: ["bent"], layer: .groupAveragePooling(.p4m)),
          Node(name: "flatten", inputs: ["pool"], layer: .flatten),
        ]
      return try NetworkGraph(
        NetworkDefinition(architecture: "groups", imageShape: [3, 11, 11], classCount: 9 * 36, nodes: nodes))
    }

    /// Two strided convolutions of one image, added.
    private func pair(_ outputs: Int = 40) throws -> NetworkGraph {
      let wide = Convolution(outputChannels: outputs, kernelSize: 3, stride: 2, padding: 1)
      let narrow = Convolution(outputChannels: outputs, kernelSize: 1, stride: 2)
      return try NetworkGraph(
        NetworkDefinition(
          architecture: "pair", imageShape: [36, 9, 9], classCount: outputs * 25,
          nodes: [
            Node(name: "wide", inputs: [Node.image], layer: .convolution(wide)),
            Node(name: "narrow", inputs: [Node.image], layer: .convolution(narrow)),
            Node(name: "sum", inputs: ["wide", "narrow"], layer: .sum),
            Node(name: "flatten", inputs: ["sum"], layer: .flatten),
          ]))
    }

    /// Parameters whose norms shift and scale, as after training.
    private func parameters(_ graph: NetworkGraph) -> Parameters {
      let initial = Parameters(initializing: graph, seed: 3)
      return Parameters(of: graph) { spec in
        let path = spec.path.text
        guard path.contains(".norm.") else { return initial[spec.path] }
        let isPositive = path.hasSuffix("running_var") || path.hasSuffix("weight")
        let units = FormulaWeights.units(path: path, count: spec.shape.count)
        return Tensor(spec.shape, units.map { Float(isPositive ? 1 + 0.5 * $0 : 0.3 * $0) })
      }
    }

    private func pixels(_ graph: NetworkGraph, _ images: Range<Int>) -> Tensor {
      let shape = [Self.batch] + graph.imageShape.sizes
      return Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))[rows: images]
    }

    /// Logits, and the gradient of the pixels of a sum of logits with weights.
    private func evaluate(
      _ graph: NetworkGraph, images: Range<Int> = 0..<batch, rows: Int? = nil, on backend: any Backend
    ) throws -> (logits: Tensor, gradient: Tensor) {
      let plan = Plan(graph, for: .inputGradient, batchSize: images.count)
      let engine = try backend.makeInputGradientEngine(plan)
      let parameters = parameters(graph)
      try engine.load(plan.weights.map { PreparedWeights($0, parameters) })
      let units = FormulaWeights.units(path: "arriving", count: Self.batch * graph.classCount)
      let arriving = units[images.lowerBound * graph.classCount..<images.upperBound * graph.classCount].map(Float.init)
      var (logits, slope) = (Tensor([images.count, graph.classCount]), pixels(graph, images))
      try slope.values.withUnsafeMutableBufferPointer { slope in
        try logits.values.withUnsafeMutableBufferPointer {
          try engine.forward(UnsafeBufferPointer(slope), rows: rows ?? images.count, logits: $0)
        }
        try arriving.withUnsafeBufferPointer { try engine.backward($0, pixelGradient: slope) }
      }
      return (logits, slope)
    }

    @Test("A residual network over p4m agrees with the portable engine, norms folded in", arguments: [false, true])
    func groups(relu: Bool) throws {
      let graph = try groupNetwork(relu: relu)
      let found = try evaluate(graph, on: OneDNNBackend(threads: 2))
      let expected = try evaluate(graph, on: PortableBackend(threads: 1))
      #expect(expected.logits.values.count { $0 != 0 } > expected.logits.values.count / 4)
      #expect(expected.gradient.values.allSatisfy { $0 != 0 })
      #expect(difference(found.logits, expected.logits) < 1e-5)
      // Behind a ReLU whose input all but vanishes an image may take the other side; so few do that one is too many here.
      #expect(difference(found.gradient, expected.gradient) < 2e-5)
    }

    @Test("Strides take products of taps, all else Winograd's algorithm, and between them nothing changes its layout")
    func calls() throws {
      let plan = Plan(try groupNetwork(relu: true), for: .inputGradient, batchSize: Self.batch)
      let calls = try OneDNNBackend(threads: 2).implementations(plan)
      for name in ["shortcut", "down"] {
        #expect(calls.contains("\(name) convolution forward: taps:\(OneDNNBackend.instructionSet)"), "\(calls)")
        #expect(calls.contains("\(name) convolution backward data: taps:\(OneDNNBackend.instructionSet)"))
      }
      #expect(calls.contains("last convolution forward: winograd:\(OneDNNBackend.instructionSet)"))
      let first = try #require(calls.firstIndex { $0.hasPrefix("down convolution forward") })
      let last = try #require(calls.firstIndex { $0.hasPrefix("last convolution forward") })
      #expect(!calls[first...last].contains { $0.contains("reorder") })
    }

    @Test("A profile names the algorithm and counts its multiply-adds once a pass")
    func profile() throws {
      let graph = try pair()
      let plan = Plan(graph, for: .inputGradient, batchSize: Self.batch)
      let calls = try OneDNNBackend(threads: 1).profile(plan, parameters: parameters(graph), repeats: 1)
      let products = calls.filter { $0.operation == "convolution" }
      #expect(products.map(\.algorithm) == Array(repeating: "implicit-gemm", count: 4))
      #expect(
        products.allSatisfy { $0.layout == "nChw16c" && $0.implementation == "taps:\(OneDNNBackend.instructionSet)" })
      #expect(products.reduce(0) { $0 + $1.multiplyAdds } == 2 * Self.batch * graph.multiplyAdds)
    }

    @Test("Where only the first images matter they have the numbers of a whole batch, to the bit", arguments: 1..<batch)
    func activeRows(count: Int) throws {
      for graph in try [groupNetwork(relu: true), pair(), narrow(2, kernel: 3, padding: 1)] {
        let whole = try evaluate(graph, on: OneDNNBackend(threads: 2))
        let part = try evaluate(graph, rows: count, on: OneDNNBackend(threads: 2))
        #expect(part.logits[rows: 0..<count] == whole.logits[rows: 0..<count])
        #expect(part.gradient[rows: 0..<count] == whole.gradient[rows: 0..<count])
      }
    }

    @Test("Neither threads nor the batch change a bit", arguments: [36, 40, 100])
    func threads(outputs: Int) throws {
      let graph = try pair(outputs)
      let whole = try evaluate(graph, on: OneDNNBackend(threads: 1))
      let threaded = try evaluate(graph, on: OneDNNBackend(threads: 2))
      #expect(threaded.logits == whole.logits && threaded.gradient == whole.gradient)
      for images in [0..<1, 2..<5, 5..<6] {
        let part = try evaluate(graph, images: images, on: OneDNNBackend(threads: 2))
        let (logits, gradient) = (whole.logits[rows: images], whole.gradient[rows: images])
        #expect(part.logits == logits && part.gradient == gradient)
      }
    }

    @Test("A norm that follows no convolution scales images in blocks, whole ones or not", arguments: [32, 40])
    func loneNorms(channels: Int) throws {
      let wide = Convolution(outputChannels: channels, kernelSize: 3, padding: 1)
      let graph = try NetworkGraph(
        NetworkDefinition(
          architecture: "preactivated", imageShape: [33, 9, 9], classCount: channels * 81,
          nodes: [
            Node(name: "first", inputs: [Node.image], layer: .convolution(wide)),
            Node(name: "lone.norm", inputs: ["first"], layer: .batchNormalization(.init())),
            Node(name: "second", inputs: ["lone.norm"], layer: .convolution(wide)),
            Node(name: "sum", inputs: ["second", "first"], layer: .sum),
            Node(name: "last.norm", inputs: ["sum"], layer: .batchNormalization(.init())),
            Node(name: "flatten", inputs: ["last.norm"], layer: .flatten),
          ]))
      let found = try evaluate(graph, on: OneDNNBackend(threads: 2))
      let expected = try evaluate(graph, on: PortableBackend(threads: 1))
      #expect(difference(found.logits, expected.logits) < 1e-5)
      #expect(difference(found.gradient, expected.gradient) < 1e-5)
      let calls = try OneDNNBackend(threads: 2).implementations(
        Plan(graph, for: .inputGradient, batchSize: Self.batch))
      #expect(!calls.contains { $0.contains("scale and shift") && $0.contains(": ref") }, "\(calls)")
    }

    /// A convolution of an image of few channels, its ReLU, and one more after it.
    private func narrow(
      _ channels: Int, kernel: Int, padding: Int, stride: Int = 1, width: Int = 13
    ) throws -> NetworkGraph {
      let first = Convolution(outputChannels: 24, kernelSize: kernel, stride: stride, padding: padding)
      let sizes = [11, width].map { ($0 + 2 * padding - kernel) / stride + 1 }
      return try NetworkGraph(
        NetworkDefinition(
          architecture: "narrow", imageShape: [channels, 11, width], classCount: 2 * sizes[0] * sizes[1],
          nodes: [
            Node(name: "first", inputs: [Node.image], layer: .convolution(first)),
            Node(name: "bent", inputs: ["first"], layer: .relu),
            Node(name: "second", inputs: ["bent"], layer: .convolution(.init(outputChannels: 2, kernelSize: 1))),
            Node(name: "flatten", inputs: ["second"], layer: .flatten),
          ]))
    }

    @Test(
      "What is made of one to three channels is the portable engine's, past every edge, and the same bits in any batch",
      arguments: [1, 2, 3],
      [(1, 0, 1), (3, 0, 1), (3, 1, 1), (5, 2, 1), (3, 2, 1), (7, 0, 1), (7, 3, 2), (3, 1, 2), (4, 1, 3)])
    func fewChannels(channels: Int, window: (kernel: Int, padding: Int, stride: Int)) throws {
      func network(_ width: Int) throws -> NetworkGraph {
        try narrow(channels, kernel: window.kernel, padding: window.padding, stride: window.stride, width: width)
      }
      for width in [8, 13, 16, 21] {
        let graph = try network(width)
        let found = try evaluate(graph, on: OneDNNBackend(threads: 2))
        let expected = try evaluate(graph, on: PortableBackend(threads: 1))
        #expect(expected.gradient.values.count { $0 != 0 } > expected.gradient.values.count / 2)
        #expect(difference(found.logits, expected.logits) < 1e-5)
        #expect(difference(found.gradient, expected.gradient) < 1e-5)
        let part = try evaluate(graph, images: 2..<5, on: OneDNNBackend(threads: 1))
        let (logits, gradient) = (found.logits[rows: 2..<5], found.gradient[rows: 2..<5])
        #expect(part.logits == logits && part.gradient == gradient)
      }
      let plan = Plan(try network(13), for: .inputGradient, batchSize: Self.batch)
      let calls = try OneDNNBackend(threads: 1).implementations(plan)
      #expect(!calls.contains { $0.hasPrefix("first") && $0.contains("taps") }, "taps would fill channels to 16")
      #expect(
        calls.contains("first convolution backward data: narrow:\(OneDNNBackend.instructionSet)")
          && !calls.contains { $0.contains("first activation backward") })
    }

    @Test("Measured choices take it or leave it, and are no less exact")
    func measured() throws {
      let measured = MeasuredAlgorithms { _ in }
      let graph = try pair()
      let found = try evaluate(graph, on: OneDNNBackend(threads: 2, algorithms: .measured(measured)))
      #expect(difference(found.logits, try evaluate(graph, on: PortableBackend(threads: 1)).logits) < 1e-5)
      #expect(measured.summary.count == 2)
      for choice in measured.summary {
        #expect(choice.wholeMatch(of: /36>40 (1x1|3x3)\/2 on 9x9: (direct|implicit-gemm)/) != nil)
      }
    }

    @Test("Without AVX-512 strides take taps where the channels are last already, and need no reorder then")
    func lastChannels() throws {
      func taps(_ architecture: Architecture) throws -> [String] {
        let plan = Plan(
          try NetworkGraph(architecture.definition()), for: .inputGradient, batchSize: Self.batch)
        return try OneDNNBackend(threads: 1).implementations(plan).filter { $0.contains("taps") }
      }
      let isNarrow = OneDNNBackend.instructionSet == "avx2"
      // Three stages begin with a stride, in the block and in its shortcut, there and back.
      #expect(try taps(.resnet18).count == (isNarrow ? 12 : 0))
      // Between 1x1 convolutions of the library nothing has the channels last.
      #expect(try taps(.resnet50).isEmpty)
    }

    @Test(
      "In training a norm writes as a convolution of ours behind it reads", arguments: [Architecture.vgg16, .resnet18])
    func norms(architecture: Architecture) throws {
      let plan = Plan(try NetworkGraph(architecture.definition()), for: .training, batchSize: Self.batch)
      let calls = try OneDNNBackend(threads: 1).implementations(plan)
      let norms = calls.indices.filter { calls[$0].contains(" norm forward: ") }
      #expect(norms.count == plan.weights.count { if case .norm = $0 { true } else { false } })
      for norm in norms where calls[norm + 1].hasPrefix("reorder: ") {
        let reader = try #require(calls[norm...].first { $0.contains(" convolution forward: ") })
        #expect(!reader.contains("forward: winograd:") && !reader.contains("forward: taps:"), "\(calls[norm])")
      }
    }

    @Test("Blocks of 16 that are whole, and training, are left to the library")
    func left() throws {
      let filled = Plan(try pair(48), for: .inference, batchSize: Self.batch)
      let narrow = Plan(try pair(24), for: .inference, batchSize: Self.batch)
      let training = Plan(try pair(), for: .training, batchSize: Self.batch)
      for plan in [narrow, training] {
        #expect(!(try OneDNNBackend(threads: 1).implementations(plan).contains { $0.contains("taps") }))
      }
      // 36 channels in do not fill blocks, whatever comes out.
      #expect(try OneDNNBackend(threads: 1).implementations(filled).contains { $0.contains("taps") })
    }
  }
#endif
