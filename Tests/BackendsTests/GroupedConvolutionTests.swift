#if CUSP_ONEDNN
  import Networks
  import OneDNNBackend
  import Optimizers
  import PortableBackend
  import Programs
  import Tensors
  import TestSupport
  import Testing

  /// Convolutions in groups whose channels fill no blocks, against the portable engine.
  @Suite("Grouped convolutions on oneDNN", .enabled(if: OneDNNBackend.supportsWinograd, "no AVX-512 here"))
  struct GroupedConvolutionTests {
    private static let batch = 6

    /// A convolution in groups between two whole ones, and a residual sum.
    struct Case: Sendable, CustomTestStringConvertible {
      let inputs, outputs, groups: Int
      var kernel = Extent(1)
      var stride = 1
      var padding = Margins(0)
      var dilation = Extent(1)
      var side = 9
      var bias = false

      var testDescription: String { "\(inputs)>\(outputs) in \(groups), \(kernel) / \(stride), dilated by \(dilation)" }

      fileprivate var convolution: Convolution {
        var settings = Convolution(
          outputChannels: outputs, kernelSize: 1, stride: stride, padding: 0, groups: groups, bias: bias)
        (settings.kernelSize, settings.padding, settings.dilation) = (kernel, padding, dilation)
        return settings
      }

      /// With `width` classes for each pixel of what it makes.
      fileprivate func graph(relu: Bool = true) throws -> NetworkGraph {
        var settings = Convolution(outputChannels: inputs, kernelSize: 3, padding: 1)
        let first = Node(name: "first", inputs: [Node.image], layer: .convolution(settings))
        let grouped = Node(name: "grouped", inputs: ["first"], layer: .convolution(convolution))
        settings.outputChannels = outputs
        (settings.kernelSize, settings.padding, settings.stride) = (kernel, padding, Extent(stride))
        settings.dilation = dilation
        let beside = Node(name: "beside", inputs: [Node.image], layer: .convolution(settings))
        let rows = (side + padding.top + padding.bottom - dilation.height * (kernel.height - 1) - 1) / stride + 1
        let columns = (side + padding.left + padding.right - dilation.width * (kernel.width - 1) - 1) / stride + 1
        return try NetworkGraph(
          NetworkDefinition(
            architecture: "grouped", imageShape: [3, side, side], classCount: outputs * rows * columns,
            nodes: [
              first, beside, grouped, Node(name: "sum", inputs: ["grouped", "beside"], layer: .sum),
              Node(name: "bent", inputs: ["sum"], layer: relu ? .relu : .activation(.tanh)),
              Node(name: "flatten", inputs: ["bent"], layer: .flatten),
            ]))
      }
    }

    /// Channels that several filters read, as in PNASNet-A, and depthwise ones that fill no blocks, as in ShuffleNetV2.
    static let channelwise = [
      Case(inputs: 44, outputs: 88, groups: 44, kernel: Extent(7), stride: 2, padding: Margins(3)),
      Case(inputs: 20, outputs: 60, groups: 20, kernel: Extent(3), padding: Margins(1), side: 6),
      Case(inputs: 16, outputs: 32, groups: 16, kernel: Extent(5), padding: Margins(2), bias: true),
      Case(inputs: 44, outputs: 44, groups: 44, kernel: Extent(7), padding: Margins(3)),
      Case(inputs: 37, outputs: 37, groups: 37, kernel: Extent(7), stride: 2, padding: Margins(3), bias: true),
      Case(inputs: 58, outputs: 58, groups: 58, kernel: Extent(3), stride: 2, padding: Margins(1), side: 10),
      Case(
        inputs: 20, outputs: 20, groups: 20, kernel: Extent(height: 2, width: 5),
        padding: Margins(top: 2, left: 0, bottom: 1, right: 4), dilation: Extent(height: 3, width: 1)),
      Case(inputs: 5, outputs: 5, groups: 5, kernel: Extent(9), padding: Margins(4), side: 4),
      Case(
        inputs: 5, outputs: 10, groups: 5, kernel: Extent(height: 1, width: 6), stride: 3,
        padding: Margins(top: 0, left: 5, bottom: 0, right: 2), dilation: Extent(height: 1, width: 2), side: 13),
    ]
    /// Groups of 1x1 kernels that cannot be merged to blocks, as in ShuffleNet.
    static let pointwise = [
      Case(inputs: 200, outputs: 50, groups: 2), Case(inputs: 50, outputs: 200, groups: 2, side: 14),
      Case(inputs: 240, outputs: 60, groups: 3, bias: true), Case(inputs: 6, outputs: 9, groups: 3, side: 16),
    ]

    private func tensor(_ name: String, _ sizes: [Int], scale: Double = 1) -> Tensor {
      let units = FormulaWeights.units(path: name, count: sizes.reduce(1, *))
      return Tensor(Shape(sizes), units.map { Float(scale * $0) })
    }

    /// Logits, and the gradient of the pixels for one of the logits.
    private func evaluate(
      _ graph: NetworkGraph, images: Range<Int> = 0..<batch, rows: Int? = nil, on backend: any Backend
    ) throws -> (logits: Tensor, gradient: Tensor) {
      let plan = Plan(graph, for: .inputGradient, batchSize: images.count)
      let engine = try backend.makeInputGradientEngine(plan)
      let parameters = Parameters(initializing: graph, seed: 1)
      try engine.load(plan.weights.map { PreparedWeights($0, parameters) })
      let pixels = tensor("pixels", [Self.batch] + graph.imageShape.sizes)[rows: images]
      let arriving = tensor("arriving", [Self.batch, graph.classCount])[rows: images]
      var (logits, gradient) = (Tensor([images.count, graph.classCount]), pixels)
      try gradient.values.withUnsafeMutableBufferPointer { gradient in
        try logits.values.withUnsafeMutableBufferPointer {
          try engine.forward(UnsafeBufferPointer(gradient), rows: rows ?? images.count, logits: $0)
        }
        try arriving.values.withUnsafeBufferPointer { try engine.backward($0, pixelGradient: gradient) }
      }
      return (logits, gradient)
    }

    /// The gradients of all parameters in the last of some steps, and its logits.
    private func train(_ graph: NetworkGraph, steps: Int = 3, on backend: any Backend) throws -> (
      gradients: [ParameterPath: Tensor], logits: Tensor
    ) {
      let program = try TrainingProgram(
        graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: Self.batch, on: backend)
      var logits = Tensor([Self.batch, graph.classCount])
      for _ in 0..<steps {
        try program.forward(tensor("pixels", [Self.batch] + graph.imageShape.sizes), masks: [], into: &logits)
        try program.backward(tensor("arriving", [Self.batch, graph.classCount], scale: 0.01))
        try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.01, weightDecay: 0.01))
      }
      return (try program.gradients(), logits)
    }

    @Test("evaluation agrees with the portable engine, past every edge", arguments: channelwise + pointwise)
    func evaluation(_ test: Case) throws {
      let graph = try test.graph(relu: false)
      let found = try evaluate(graph, on: OneDNNBackend(threads: 2))
      let expected = try evaluate(graph, on: PortableBackend(threads: 1))
      #expect(expected.gradient.values.count { $0 != 0 } > expected.gradient.values.count / 2)
      #expect(difference(found.logits, expected.logits) < 1e-5)
      #expect(difference(found.gradient, expected.gradient) < 2e-5)
    }

    @Test("training agrees with the portable engine in every gradient", arguments: channelwise + pointwise)
    func training(_ test: Case) throws {
      let graph = try test.graph(relu: false)
      let found = try train(graph, on: OneDNNBackend(threads: 2))
      let expected = try train(graph, on: PortableBackend(threads: 1))
      #expect(difference(found.logits, expected.logits) < 2e-5)
      #expect(found.gradients.count == expected.gradients.count)
      for (path, gradient) in expected.gradients {
        #expect(difference(try #require(found.gradients[path]), gradient) < 5e-5, "\(path)")
      }
    }

    @Test(
      "neither its place in the batch nor threads nor how many count change an image's bits",
      arguments: channelwise + pointwise)
    func independence(_ test: Case) throws {
      let graph = try test.graph()
      let whole = try evaluate(graph, on: OneDNNBackend(threads: 1))
      for images in [0..<1, 2..<5, 5..<6] {
        let part = try evaluate(graph, images: images, on: OneDNNBackend(threads: 2))
        let (logits, gradient) = (whole.logits[rows: images], whole.gradient[rows: images])
        #expect(part.logits == logits && part.gradient == gradient)
      }
      let few = try evaluate(graph, rows: 2, on: OneDNNBackend(threads: 2))
      #expect(few.logits[rows: 0..<2] == whole.logits[rows: 0..<2])
      #expect(few.gradient[rows: 0..<2] == whole.gradient[rows: 0..<2])
    }

    @Test("a training step's bits do not depend on threads", arguments: channelwise)
    func threads(_ test: Case) throws {
      func gradients(_ threads: Int) throws -> [Tensor] {
        let found = try train(test.graph(), steps: 1, on: OneDNNBackend(threads: threads)).gradients
        return found.sorted { $0.key < $1.key }.filter { $0.key.text.hasPrefix("grouped.") }.map(\.value)
      }
      let one = try gradients(1)
      #expect(one.count == (test.bias ? 2 : 1) && one.allSatisfy { $0.values.contains { $0 != 0 } })
      // Channels in whole blocks are the library's.
      if test.outputs % 16 != 0 { #expect(try gradients(2) == one && gradients(3) == one) }
    }

    @Test(
      "none is left to the portable kernel, nor its filters to a general matrix product",
      arguments: channelwise + pointwise)
    func kernels(_ test: Case) throws {
      // With holes between a window's pixels the library has no kernel for channels by themselves.
      let isDilated = test.dilation != Extent(1)
      func calls(_ purpose: Plan.Purpose) throws -> [String] {
        try OneDNNBackend(threads: 2).implementations(Plan(test.graph(), for: purpose, batchSize: Self.batch))
          .filter { $0.hasPrefix("grouped convolution") }
      }
      let evaluation = try calls(.inputGradient)
      #expect(evaluation.count == 2)
      #expect(isDilated || !evaluation.contains { $0.contains("portable") || $0.contains("gemm") }, "\(evaluation)")
      let filters = try #require(try calls(.training).first { $0.contains("backward weights") })
      let isSlow = filters.contains("gemm") || filters.contains("ref")
      #expect(!isSlow || test.kernel == Extent(1), "\(filters)")
    }
  }
#endif
