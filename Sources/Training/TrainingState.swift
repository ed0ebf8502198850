public import Networks
public import Programs
public import Tensors

/// What a run has reached: enough to go on from, to the bit, after any step.
public struct TrainingState: Sendable {
  /// What the steps of an unfinished epoch have come to.
  public struct Sums: Hashable, Sendable {
    /// The losses of all images.
    public var loss: Double
    /// How many images were classified rightly.
    public var correct: Int

    /// Sums; zero at the start of an epoch.
    public init(loss: Double = 0, correct: Int = 0) { (self.loss, self.correct) = (loss, correct) }
  }

  /// The epoch with the best accuracy on the images held out; the first one of equals.
  public struct Best: Equatable, Sendable {
    /// The epoch, counted from 1.
    public var epoch: Int
    /// The accuracy after it, in 0...1.
    public var accuracy: Double
    /// The model after it.
    public var parameters: Parameters

    /// The best epoch of a run.
    public init(epoch: Int, accuracy: Double, parameters: Parameters) {
      (self.epoch, self.accuracy, self.parameters) = (epoch, accuracy, parameters)
    }
  }

  /// The network's parameters.
  public var parameters: Parameters
  /// Their moving average, where the run keeps one; nil before it starts.
  public var average: Parameters?
  /// The best epoch so far; nil before there is one, and where the last one is taken.
  public var best: Best?
  /// What the optimiser keeps of every trainable parameter; empty before the first step.
  public var optimizerState: OptimizerState
  /// The images made for a substitute so far, `[n, c, h, w]`; nil where there are none, and where training is finished.
  public var synthetic: Tensor?
  /// How many epochs are complete.
  public var epoch: Int
  /// How many steps have been taken in the epoch after those.
  public var step: Int
  /// What those steps have come to.
  public var sums: Sums
  /// The accuracy on the images held out after every complete epoch, in 0...1; empty where none are.
  public var accuracies: [Double]

  /// A state.
  public init(
    parameters: Parameters, average: Parameters? = nil, best: Best? = nil, optimizerState: OptimizerState = [:],
    synthetic: Tensor? = nil, epoch: Int = 0, step: Int = 0, sums: Sums = Sums(), accuracies: [Double] = []
  ) {
    self.parameters = parameters
    self.average = average
    self.best = best
    self.optimizerState = optimizerState
    self.synthetic = synthetic
    self.epoch = epoch
    self.step = step
    self.sums = sums
    self.accuracies = accuracies
  }

  /// What the network is to whoever uses it: that of the best epoch or else the average, where there are such.
  public var model: Parameters { best?.parameters ?? average ?? parameters }
}
