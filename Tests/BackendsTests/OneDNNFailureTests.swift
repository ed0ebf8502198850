#if CUSP_ONEDNN
  import Failures
  import Networks
  import OneDNNBackend
  import Programs
  import Testing

  /// Where the library says no.
  @Suite("oneDNN's refusals")
  struct OneDNNFailureTests {
    private func plan(_ purpose: Plan.Purpose, batchSize: Int) throws -> Plan {
      Plan(try NetworkGraph(Architecture.digitsCNN.definition()), for: purpose, batchSize: batchSize)
    }

    @Test("a status becomes one line that names the call and what is wrong")
    func status() throws {
      let backend = try OneDNNBackend(threads: 1)
      let refusal = Failure(.internal, "onednn: dnnl_memory_desc_create_with_strides: invalid arguments")
      #expect(throws: refusal) { try backend.makeInferenceEngine(plan(.inference, batchSize: -1)) }
      #expect(throws: refusal) { try backend.makeInputGradientEngine(plan(.inputGradient, batchSize: -1)) }
      #expect(throws: refusal) { try backend.makeTrainingEngine(plan(.training, batchSize: -1)) }
    }

    @Test("an engine larger than any memory is refused", arguments: TestBackends.all)
    func memory(backend: TestBackend) throws {
      let failure = try #require(throws: Failure.self) {
        try backend.make(1).makeInferenceEngine(plan(.inference, batchSize: 1 << 38))
      }
      #expect(failure.kind == .internal)
      #expect(failure.message.contains(/no memory for [0-9]+ .*; take a smaller network or batch/))
    }

    @Test("an engine for inference has no way back")
    func inferenceOnly() throws {
      let plan = try plan(.inference, batchSize: 1)
      let engine = try #require(OneDNNBackend(threads: 1).makeInferenceEngine(plan) as? any InputGradientEngine)
      var gradient = [Float](repeating: 0, count: 64)
      #expect(throws: Failure(.internal, "onednn: this engine was made for inference only")) {
        try [Float](repeating: 0, count: 10).withUnsafeBufferPointer { slopes in
          try gradient.withUnsafeMutableBufferPointer { try engine.backward(slopes, pixelGradient: $0) }
        }
      }
    }

    @Test("a training engine has nothing to give before parameters are loaded")
    func unloaded() throws {
      let engine = try OneDNNBackend(threads: 1).makeTrainingEngine(plan(.training, batchSize: 2))
      let refusal = Failure(.internal, "onednn: parameters before they are loaded: no object returned")
      #expect(throws: refusal) { try engine.parameters() }
      #expect(throws: refusal) { try engine.momentum() }
      #expect(throws: refusal) { try engine.gradients() }
    }
  }
#endif
