import Datasets
import Failures
import Networks
import Programs
import Spatial
import Testing

@testable import Training

@Suite("Stages that end by what is measured") struct AdaptationTests {
  private func stages(_ ends: [StageEnd?]) -> TrainingConfiguration {
    var configuration = recipe(epochs: 12)
    configuration.stages = ends.enumerated().map { Stage(start: 4 * $0, method: .natural, end: $1) }
    return configuration
  }

  @Test("A stage ends when the accuracy is reached or stalls; those after it begin earlier, the last has what is saved")
  func ends() {
    let until = stages([StageEnd(accuracy: 0.5), StageEnd(accuracy: 0.5), nil])
    func starts(_ accuracies: [Double], _ configuration: TrainingConfiguration) -> [Int] {
      configuration.adapted(to: accuracies).stages.map(\.start)
    }
    #expect(starts([], until) == [0, 4, 8] && starts([0.4, 0.4, 0.4], until) == [0, 4, 8])
    #expect(starts([0.4, 0.5], until) == [0, 2, 6])
    #expect(starts([0.6], until) == [0, 1, 5] && starts([0.6, 0.6], until) == [0, 1, 2])
    // In its last epoch nothing is saved, and what comes after it is not its.
    #expect(starts([0.4, 0.4, 0.4, 0.5], until) == [0, 4, 8])
    #expect(starts([0.4, 0.4, 0.4, 0.4, 0.5], until) == [0, 4, 5])

    let patience = stages([StageEnd(patience: 2), StageEnd(accuracy: 0.9, patience: 1), nil])
    #expect(starts([0.1, 0.2, 0.2], patience) == [0, 4, 8])
    #expect(starts([0.2, 0.1, 0.2], patience) == [0, 3, 7])
    #expect(starts([0.2, 0.1, 0.2, 0.1, 0.1], patience) == [0, 3, 5])
    #expect(starts([0.2, 0.1, 0.2, 0.95], patience) == [0, 3, 4])
    #expect(starts([0.9, 0.9], stages([nil, nil, nil])) == [0, 4, 8])
  }

  @Test("Training follows, tells its budgets, and resumes to the bit", arguments: TestBackend.all)
  func training(backend: TestBackend) throws {
    let graph = try digitsGraph()
    let data = try digits(80)
    var recipe = recipe(epochs: 4, seed: 3)
    recipe.stages = [
      Stage(method: .natural, poses: PoseDistribution(rotation: 10), end: StageEnd(accuracy: 0)),
      Stage(start: 3, method: .natural, poses: PoseDistribution(rotation: 20)),
    ]
    #expect(throws: Failure.self) { try recipe.validate() }
    recipe.validation = Validation(metric: .natural, imageCount: 16)
    let whole = try run(recipe, graph, data, on: try backend.make())
    #expect(whole.epochs.map(\.rotation) == [10, 20, 20, 20])
    var state = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
    for epoch in 0..<4 {
      let trainer = try Trainer(recipe, graph: graph, data: data, state: state, on: try backend.make())
      #expect(try trainer.runEpoch().rotation == (epoch == 0 ? 10 : 20))
      state = try trainer.state()
    }
    #expect(state.bits == whole.state.bits && state.accuracies.count == 4)
  }
}
