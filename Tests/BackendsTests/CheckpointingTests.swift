#if CUSP_ONEDNN
  import Networks
  import OneDNNBackend
  import Optimizers
  import Programs
  import Tensors
  import TestSupport
  import Testing

  @Suite("Training that keeps few activations")
  struct CheckpointingTests {
    private static let batch = 4

    private func backend(_ checkpoints: Bool) throws -> OneDNNBackend {
      try OneDNNBackend(threads: 2, checkpointsActivations: checkpoints)
    }

    private func graph(_ name: String) throws -> NetworkGraph {
      try NetworkGraph(#require(Architecture(rawValue: name)).definition())
    }

    @Test(
      "ends in the same bytes, running statistics and pixel gradients included",
      arguments: ["small-cnn", "vgg11", "resnet18", "googlenet", "mobilenetv2", "densenet-cifar", "p4cnn"])
    func bytes(name: String) throws {
      let graph = try graph(name)
      let pixels = Tensor(
        Shape([Self.batch] + graph.imageShape.sizes),
        FormulaWeights.pixels(shape: [Self.batch] + graph.imageShape.sizes, path: "images"))
      let loss = CrossEntropy(labels: FormulaWeights.labels(count: Self.batch, classes: graph.classCount))
      let results = try [false, true].map { checkpoints in
        let program = try TrainingProgram(
          graph, parameters: Parameters(initializing: graph, seed: 3), optimizer: .sgd(momentum: 0.9),
          batchSize: Self.batch, reachesPixels: true, on: backend(checkpoints))
        var (logits, slope) = (Tensor([Self.batch, graph.classCount]), pixels)
        for step in 0..<2 {
          let masks = program.dropouts.enumerated().map { index, dropout in
            Tensor(
              dropout.shape,
              FormulaWeights.units(path: "mask\(index) \(step)", count: dropout.shape.count).map { $0 < 0 ? 0 : 2 })
          }
          try program.forward(pixels, masks: masks, into: &logits)
          try program.backward(loss, logits: logits)
          try program.writePixelGradient(into: &slope)
          try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.01, weightDecay: 5e-4))
        }
        return try (parameters: program.parameters(), slope: slope)
      }
      #expect(results[0].slope.values.contains { $0 != 0 })
      #expect(results[0].slope.values.map(\.bitPattern) == results[1].slope.values.map(\.bitPattern))
      for spec in results[0].parameters.specs {
        let (kept, anew) = (results[0].parameters[spec.path], results[1].parameters[spec.path])
        #expect(kept.values.map(\.bitPattern) == anew.values.map(\.bitPattern), "\(spec.path)")
      }
    }

    @Test("takes less memory", arguments: ["resnet18", "densenet-cifar"])
    func memory(name: String) throws {
      let plan = Plan(try graph(name), for: .training, batchSize: 64)
      #expect(try backend(true).trainingByteCount(plan) < backend(false).trainingByteCount(plan) * 4 / 5)
    }

    @Test("computes anew what the way back reads, and nothing else", arguments: ["vgg16", "resnet18"])
    func anew(name: String) throws {
      let plan = Plan(try graph(name), for: .training, batchSize: 32)
      let calls = try backend(true).implementations(plan)
      let last = plan.segments.count - 1
      var ends = 0
      for (number, segment) in plan.segments.enumerated() {
        for step in segment {
          guard case .convolution = plan.steps[step].operation else { continue }
          let runs = calls.count { $0.hasPrefix("\(plan.steps[step].name) convolution forward: ") }
          let endsSegment = step == segment.upperBound - 1
          // A norm reads the last result before the segment's turn comes.
          #expect(runs == (number == last || endsSegment ? 1 : 2), "\(plan.steps[step].name)")
          ends += endsSegment ? 1 : 0
        }
      }
      #expect(ends > 0)
    }

    @Test("takes less than half of what a batch adds to vgg16")
    func half() throws {
      let growth = try [false, true].map { checkpoints in
        let counts = try [2, 64].map { batch in
          try backend(checkpoints).trainingByteCount(Plan(graph("vgg16"), for: .training, batchSize: batch))
        }
        return counts[1] - counts[0]
      }
      #expect(2 * growth[1] < growth[0])
    }
  }
#endif
