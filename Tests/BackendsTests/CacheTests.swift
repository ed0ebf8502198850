#if CUSP_ONEDNN
  import Networks
  import OneDNNBackend
  import Optimizers
  import Programs
  import Symmetry
  import Tensors
  import TestSupport
  import Testing

  /// What is cut by the caches' sizes: how much at once, and never what comes of it.
  @Suite("Work cut for caches")
  struct CacheTests {
    private static let batch = 6
    private static let small = Caches(first: 8 << 10, second: 64 << 10, last: 1 << 20)
    private static let large = Caches(first: 192 << 10, second: 16 << 20, last: 512 << 20)

    @Test("Where nothing is told, work is cut as it was measured to be best")
    func usual() {
      let usual = Caches.usual
      #expect([usual.depth, usual.keptCount, usual.gradientRows, usual.tileCount] == [128, 1 << 17, 48, 512])
      #expect(usual.weightCount == 1 << 22 && usual.winogradTiles == 36)
    }

    @Test("Smaller caches cut it finer and larger ones no coarser than is of use; rows stay whole blocks of 16")
    func sizes() {
      #expect(Self.small.depth == 32 && Self.small.gradientRows == 16 && Self.small.tileCount == 128)
      #expect(Self.large.depth == 768 && Self.large.gradientRows == 48 && Self.large.tileCount == 512)
      #expect(Self.large.weightCount == 1 << 22)
      for shift in 10..<30 {
        let caches = Caches(first: 1 << shift, second: 5 << shift, last: 7 << shift)
        #expect(caches.gradientRows.isMultiple(of: 16) && (16...48).contains(caches.gradientRows))
        #expect(caches.winogradTiles.isMultiple(of: 6) && (12...36).contains(caches.winogradTiles))
        #expect(caches.depth > 0 && caches.keptCount > 0 && caches.tileCount > 0 && caches.weightCount > 0)
      }
    }

    @Test(
      "Sizes as the system writes them",
      arguments: [
        ("48K", 48 << 10), ("2048K", 2 << 20), ("307200K", 300 << 20), ("2M", 2 << 20), ("0K", nil), ("", nil),
        ("K", nil), ("48", nil), ("-4K", nil), ("99999999999999999999K", nil), ("9223372036854775807M", nil),
      ])
    func text(text: String, count: Int?) {
      #expect(Caches.byteCount(text) == count)
    }

    @Test("This processor's are found, each no smaller than the one before")
    func here() {
      let found = Caches.found
      #expect((1 << 12...1 << 24).contains(found.first))
      #expect(found.first <= found.second && found.second <= found.last)
    }

    private func backend(_ caches: Caches, threads: Int = 2) throws -> OneDNNBackend {
      try OneDNNBackend(threads: threads, caches: caches)
    }

    /// Winograd's algorithm, taps with strides, products in groups and of whole images, from more channels than a round takes.
    private func plain() throws -> NetworkGraph {
      func layer(
        _ outputs: Int, kernel: Int = 3, stride: Int = 1, groups: Int = 1, padding: Int = 1
      ) -> Layer {
        .convolution(
          Convolution(outputChannels: outputs, kernelSize: kernel, stride: stride, padding: padding, groups: groups))
      }
      return try chain(
        [3, 17, 17],
        [
          layer(100), .relu, layer(140), .relu, layer(90, stride: 2), .relu,
          layer(60, kernel: 1, groups: 6, padding: 0), .maxPooling(Pooling(kernelSize: 4)), layer(50), .relu,
        ], features: 50 * 4)
    }

    /// One that trains by our Winograd in all passes, on 81 tiles an image.
    private func group() throws -> NetworkGraph {
      let lifting = GroupConvolution(.p4m, lifting: true, outputChannels: 5, kernelSize: 3, padding: 1)
      let grouped = GroupConvolution(.p4m, outputChannels: 13, kernelSize: 3, padding: 1)
      return try chain(
        [1, 33, 33],
        [
          .groupConvolution(lifting), .groupBatchNormalization(BatchNormalization(), over: .p4m), .relu,
          .groupConvolution(grouped), .relu, .groupAveragePooling(.p4m), .averagePooling(Pooling(kernelSize: 11)),
        ], features: 13 * 9)
    }

    /// One that trains by taps without AVX-512: strides behind Winograd's algorithm, which then takes images of 2x2, then images
    /// of 1x1.
    private func taps() throws -> NetworkGraph {
      func layer(_ outputs: Int, stride: Int = 1) -> Layer {
        .convolution(Convolution(outputChannels: outputs, kernelSize: 3, stride: stride, padding: 1))
      }
      return try chain(
        [32, 12, 12],
        [
          layer(48), .relu, layer(64, stride: 2), .relu, .maxPooling(Pooling(kernelSize: 3)), layer(80), .relu,
          layer(48, stride: 2), .relu, layer(32),
        ], features: 32)
    }

    private func chain(_ image: [Int], _ layers: [Layer], features: Int) throws -> NetworkGraph {
      var nodes: [Node] = []
      for layer in layers + [.flatten] {
        nodes.append(Node(name: "n\(nodes.count)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
      }
      return try NetworkGraph(
        NetworkDefinition(architecture: "cut", imageShape: image, classCount: features, nodes: nodes))
    }

    private func pixels(_ graph: NetworkGraph, count: Int = batch) -> Tensor {
      let shape = [count] + graph.imageShape.sizes
      return Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
    }

    @Test("Logits and gradients of pixels have the same bits for small caches, large ones and those that are here")
    func evaluation() throws {
      for graph in [try plain(), try group()] {
        let loss = CrossEntropy(labels: FormulaWeights.labels(count: Self.batch, classes: graph.classCount))
        let answers = try [Self.small, Self.large, .usual, .found].map { caches in
          let program = try InputGradientProgram(
            graph, parameters: Parameters(initializing: graph, seed: 6), batchSize: Self.batch, on: backend(caches))
          var (logits, gradient) = (Tensor([Self.batch, graph.classCount]), pixels(graph))
          try program.evaluate(pixels(graph), loss: loss, into: &gradient, logits: &logits)
          return (logits.values + gradient.values).map(\.bitPattern)
        }
        #expect(Set(answers[0]).count > 100)
        for answer in answers.dropFirst() { #expect(answer == answers[0]) }
      }
    }

    /// Winograd's algorithm in all its ways, to more channels than three threads take at once; of few tiles, which they share.
    private func few() throws -> NetworkGraph {
      func layer(_ outputs: Int, padding: Int = 1) -> Layer {
        .convolution(Convolution(outputChannels: outputs, kernelSize: 3, padding: padding))
      }
      return try chain(
        [208, 6, 6],
        [
          layer(200, padding: 0), .relu, layer(210), .relu, .maxPooling(Pooling(kernelSize: 2)), layer(195), .relu,
          layer(64), .relu,
        ], features: 64 * 4)
    }

    @Test(
      "Threads that share tiles, or have some each, come to the same bits; of some images and of all",
      arguments: [2, 3])
    func together(threads: Int) throws {
      let (graph, count) = (try few(), 21)
      let loss = CrossEntropy(labels: FormulaWeights.labels(count: count, classes: graph.classCount))
      let answers = try [1, threads].map { threads in
        let program = try InputGradientProgram(
          graph, parameters: Parameters(initializing: graph, seed: 8), batchSize: count,
          on: backend(.found, threads: threads))
        var (logits, gradient) = (Tensor([count, graph.classCount]), pixels(graph, count: count))
        try program.evaluate(pixels(graph, count: count), loss: loss, into: &gradient, logits: &logits)
        var some = Tensor([count, graph.classCount])
        try program.forward(pixels(graph, count: count), rows: 5, into: &some)
        #expect(some[rows: 0..<5] == logits[rows: 0..<5])
        return (logits.values + gradient.values).map(\.bitPattern)
      }
      #expect(Set(answers[0]).count > 1000)
      #expect(answers[0] == answers[1])
    }

    /// The parameters after two updates on `count` images.
    private func trained(
      _ graph: NetworkGraph, count: Int = batch, caches: Caches, threads: Int
    ) throws -> Parameters {
      let loss = CrossEntropy(labels: FormulaWeights.labels(count: count, classes: graph.classCount))
      let program = try TrainingProgram(
        graph, parameters: Parameters(initializing: graph, seed: 7), optimizer: .sgd(momentum: 0.9), batchSize: count,
        on: backend(caches, threads: threads))
      var logits = Tensor([count, graph.classCount])
      for _ in 0..<2 {
        try program.forward(pixels(graph, count: count), masks: [], into: &logits)
        try program.backward(loss, logits: logits)
        try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.1, weightDecay: 0))
      }
      return try program.parameters()
    }

    @Test("So have parameters after training, with gradients summed in one round or in several", arguments: [1, 2])
    func training(threads: Int) throws {
      let graph = try group()
      let ends = try [Self.small, Self.large].map { try trained(graph, caches: $0, threads: threads) }
      #expect(ends[0] == ends[1])
      #expect(ends[0] != Parameters(initializing: graph, seed: 7))
    }

    @Test("So have those that taps train, whose rounds hold parts of a grid or several", arguments: [6, 40, 150])
    func taps(count: Int) throws {
      let graph = try taps()
      let ends = try [(Self.small, 1), (Self.large, 1), (Self.large, 2), (Self.small, 2)].map {
        try trained(graph, count: count, caches: $0.0, threads: $0.1)
      }
      #expect(ends[0] == ends[1] && ends[2] == ends[3])
      // The library's gradients of weights are sums of its threads' sums.
      let plan = Plan(graph, for: .training, batchSize: count)
      let calls = try backend(.usual).implementations(plan).filter { $0.contains("convolution") }
      let areOurs = calls.allSatisfy { $0.contains("taps:") || $0.contains("winograd:") }
      #expect(areOurs || OneDNNBackend.instructionSet != "avx2", "\(calls)")
      if areOurs { #expect(ends[0] == ends[2]) }
      #expect(ends[0] != Parameters(initializing: graph, seed: 7))
    }
  }
#endif
