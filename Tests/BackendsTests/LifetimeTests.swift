#if os(Linux)
  import Glibc
  import Networks
  import Optimizers
  import Programs
  import Tensors
  import Testing

  /// Memory over time, each test in a process of its own, since other tests' memory would count.
  @Suite("Engines give back what they take")
  struct LifetimeTests {
    @Test("two hundred engines made and dropped leave nothing")
    func engines() async {
      await #expect(processExitsWith: .success) {
        let subject = try Subject("digits-cnn")
        for backend in TestBackends.all {
          func makeAndDrop(_ count: Int) throws {
            for _ in 0..<count {
              var (logits, gradient) = (subject.emptyLogits, subject.pixels)
              let program = try subject.inputGradientProgram(on: backend.make(1))
              try program.evaluate(subject.pixels, loss: subject.loss, into: &gradient, logits: &logits)
              _ = try InferenceProgram(subject.graph, parameters: subject.parameters, on: backend.make(1))
              let training = try subject.trainingProgram(on: backend.make(1))
              try training.forward(subject.pixels, masks: subject.masks(of: training), into: &logits)
              try training.backward(subject.loss, logits: logits)
            }
          }
          // The library's cache of kernels fills first.
          try makeAndDrop(10)
          let before = try residentMebibytes()
          try makeAndDrop(67)
          let growth = try residentMebibytes() - before
          // Each round makes three engines of several mebibytes together.
          #expect(growth < 24, "\(backend.name): \(growth) MiB")
        }
      }
    }

    @Test("a thousand passes take no memory")
    func passes() async {
      await #expect(processExitsWith: .success) {
        let subject = try Subject("digits-cnn")
        for backend in TestBackends.all {
          let program = try subject.inputGradientProgram(on: backend.make(2))
          let training = try subject.trainingProgram(on: backend.make(2))
          let masks = subject.masks(of: training)
          var (logits, gradient) = (subject.emptyLogits, subject.pixels)
          func pass(_ count: Int) throws {
            for _ in 0..<count {
              try program.evaluate(subject.pixels, loss: subject.loss, into: &gradient, logits: &logits)
              try training.forward(subject.pixels, masks: masks, into: &logits)
              try training.backward(subject.loss, logits: logits)
              try training.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.001, weightDecay: 0))
            }
          }
          try pass(50)
          let before = try residentMebibytes()
          try pass(1000)
          let growth = try residentMebibytes() - before
          #expect(growth < 2, "\(backend.name): \(growth) MiB")
        }
      }
    }
  }

  /// What this process holds in memory.
  private func residentMebibytes() throws -> Double {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var (size, resident) = (0, 0)
    let read = withUnsafeMutablePointer(to: &size) { size in
      withUnsafeMutablePointer(to: &resident) { resident in
        withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) }
      }
    }
    try #require(read == 2)
    return Double(resident * sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  }
#endif
