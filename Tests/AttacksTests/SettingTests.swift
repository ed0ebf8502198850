import Attacks
import Failures
import Tensors
import Testing

@Suite("An attack's settings and bound")
struct SettingTests {
  @Test("the defaults are advertorch's for one channel and for colour")
  func defaults() {
    let digits = ProjectedGradientDescent.advertorchDefault(channels: 1)
    #expect(digits == ProjectedGradientDescent(norm: .linf, epsilon: 0.3, steps: 40, stepSize: 0.01, start: .random))
    let colour = ProjectedGradientDescent.advertorchDefault(channels: 3)
    #expect(colour == ProjectedGradientDescent(norm: .linf, epsilon: 8 / 255, steps: 10, stepSize: 2 / 255))
    #expect(colour.restarts == 1 && colour.loss == .crossEntropy && colour.target == nil && colour.seed == 0)
  }

  @Test("the fast gradient method is one step of epsilon from the clean image", arguments: Norm.lengths)
  func fastGradient(norm: Norm) {
    let attack = ProjectedGradientDescent.fastGradientSign(norm: norm, epsilon: 0.1)
    #expect(attack == ProjectedGradientDescent(norm: norm, epsilon: 0.1, steps: 1, stepSize: 0.1, start: .clean))
    #expect(attack.bound == Bound(norm: norm, epsilon: 0.1))
  }

  @Test("names are those of the command line and the records")
  func names() {
    #expect(Norm.allCases.map(\.rawValue) == ["linf", "l2", "l1", "l0"])
    #expect(AttackLoss.allCases.map(\.rawValue) == ["cross-entropy", "margin", "kl"])
    #expect(Start.allCases.map(\.rawValue) == ["random", "noise", "unclipped", "signs", "uniform", "radial", "clean"])
    #expect(Projection.allCases.map(\.rawValue) == ["ball-last", "range-last"])
  }

  static func setting(
    epsilon: Float = 0.1, steps: Int = 1, stepSize: Float = 0.1, restarts: Int = 1, loss: AttackLoss = .margin,
    target: Int? = nil
  ) -> ProjectedGradientDescent {
    ProjectedGradientDescent(
      epsilon: epsilon, steps: steps, stepSize: stepSize, restarts: restarts, loss: loss, target: target)
  }

  @Test(
    "settings that mean nothing are refused as wrong usage",
    arguments: [
      ("epsilon -1.0: give a finite number, 0 or more", setting(epsilon: -1)),
      ("epsilon nan: give a finite number, 0 or more", setting(epsilon: .nan)),
      ("epsilon 8.0: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255", setting(epsilon: 8)),
      (
        "epsilon 1.0000001: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255", setting(epsilon: 1.0000001)
      ),
      ("step size inf: give a finite number, 0 or more", setting(stepSize: .infinity)),
      ("step size 0: no step would move; give more than 0", setting(stepSize: 0)),
      ("-1 steps: give 0 or more", setting(steps: -1)),
      ("0 restarts: give 1 or more", setting(restarts: 0)),
      ("target 10: the model's classes are 0 to 9", setting(target: 10)),
      ("target -1: the model's classes are 0 to 9", setting(target: -1)),
      ("target 3: the loss kl has none; take another loss", setting(loss: .divergence, target: 3)),
    ])
  func refusals(_ message: String, _ attack: ProjectedGradientDescent) throws {
    #expect(throws: Failure(.usage, message)) { try attack.validate(classCount: 10) }
    let norms: [(Norm, String, (inout ProjectedGradientDescent) -> Void)] = [
      (.linf, "start uniform: it is of l2 and l1; take another start", { $0.start = .uniform }),
      (.l1, "start radial: it is of l2 alone; take another start", { $0.start = .radial }),
      (.linf, "projection range-last: it is of l2 and l1; leave it out", { $0.projection = .rangeLast }),
      (.l2, "direction gradient: it is of l1 alone; leave it out", { $0.direction = .gradient }),
    ]
    for (norm, message, change) in norms {
      var attack = ProjectedGradientDescent(norm: norm, epsilon: 0.1, steps: 1, stepSize: 0.1)
      change(&attack)
      #expect(throws: Failure(.usage, message)) { try attack.validate(classCount: 10) }
      attack.norm = norm == .linf ? .l2 : norm == .l1 ? .l2 : .l1
      try attack.validate(classCount: 10)
    }
    try Self.setting(target: 9).validate(classCount: 10)
    for harmless in [
      Self.setting(epsilon: 1), Self.setting(epsilon: 0, stepSize: 0), Self.setting(steps: 0, stepSize: 0),
    ] {
      try harmless.validate(classCount: 10)
    }
    var euclidean = Self.setting(epsilon: 8)
    euclidean.norm = .l2
    try euclidean.validate(classCount: 10)
  }

  @Test("a customary step is advertorch's at the customary budget, to the bit, and scales along")
  func customaryStepSize() {
    func size(_ epsilon: Double, _ steps: Int, channels: Int, norm: Norm = .linf) -> Float {
      ProjectedGradientDescent.customaryStepSize(norm: norm, epsilon: epsilon, steps: steps, channels: channels)
    }
    // numpy.float32(0.01) and numpy.float32(2 / 255)
    #expect(size(0.3, 40, channels: 1).bitPattern == 0x3C23_D70A)
    #expect(size(8.0 / 255, 10, channels: 3).bitPattern == 0x3C00_8081)
    for channels in [1, 3] {
      let standard = ProjectedGradientDescent.advertorchDefault(channels: channels)
      let epsilon = channels == 1 ? 0.3 : 8.0 / 255
      #expect(size(epsilon, standard.steps, channels: channels) == standard.stepSize)
    }
    #expect(size(0.3, 10, channels: 1) == 0.04)
    #expect(size(0.1, 40, channels: 1) == Float(0.1 / 30))
    #expect(size(4.0 / 255, 20, channels: 3) == Float(0.5 / 255))
    #expect(size(1, 0, channels: 3) == 2.5)
    for channels in [1, 3] { #expect(size(0.5, 20, channels: channels, norm: .l2) == 0.0625) }
  }

  @Test("a customary walk reaches the bound whatever the budget, and half of it does not")
  func reach() {
    for (channels, steps, epsilon) in [(1, 1, 0.3), (1, 7, 1.0), (3, 10, 8.0 / 255), (3, 100, 1.0 / 255)] {
      for norm in Norm.lengths {
        let size = ProjectedGradientDescent.customaryStepSize(
          norm: norm, epsilon: epsilon, steps: steps, channels: channels)
        var attack = ProjectedGradientDescent(norm: norm, epsilon: Float(epsilon), steps: steps, stepSize: size)
        #expect(!attack.fallsShort)
        attack.stepSize /= 3
        #expect(attack.fallsShort)
        #expect(attack.reach == Double(steps) * Double(attack.stepSize))
      }
    }
    // Rounding is no shortfall.
    for (epsilon, steps, size) in [(0.1, 10, 0.01), (0.29, 29, 0.01), (0.07, 7, 0.01), (8 / 255, 4, 2 / 255)] {
      #expect(!Self.setting(epsilon: Float(epsilon), steps: steps, stepSize: Float(size)).fallsShort)
    }
    #expect(Self.setting(steps: 0).fallsShort && !Self.setting(epsilon: 0, steps: 0).fallsShort)
  }

  @Test("why an attack failed is a sentence's part")
  func reasons() {
    #expect(AttackFailure.pixels.message == "its pixels are not all in 0...1")
    #expect(AttackFailure.gradient.message == "a gradient is not finite")
    #expect(AttackFailure.bound.message == "no perturbation within the budget was found")
  }

  @Test("distances are the largest change and the Euclidean length")
  func distances() {
    let clean = Tensor([2, 1, 1, 3], [0, 0.5, 1, 0.25, 0.25, 0.25])
    let changed = Tensor([2, 1, 1, 3], [0.375, 0, 1, 0.25, 0.25, 0.25])
    #expect(Bound(norm: .linf, epsilon: 1).distances(of: changed, from: clean) == [0.5, 0])
    #expect(Bound(norm: .l2, epsilon: 1).distances(of: changed, from: clean) == [0.625, 0])
    #expect(Bound(norm: .l1, epsilon: 1).distances(of: changed, from: clean) == [0.875, 0])
  }

  @Test("the check takes what lies on the bound and nothing beyond", arguments: Norm.lengths)
  func bound(norm: Norm) {
    let clean = Tensor([7, 1, 1, 1], [0.5, 0.5, 0.5, 1, 0, 0.5, 0.5])
    let bad: [Float] = [
      0.75, Float(0.75).nextUp, 0.2499999, Float(1).nextUp, -.leastNonzeroMagnitude, .nan, 0.25,
    ]
    let answers = Bound(norm: norm, epsilon: 0.25).check(Tensor([7, 1, 1, 1], bad), against: clean)
    #expect(answers == [true, false, false, false, false, false, true])
    #expect(
      Bound(norm: norm, epsilon: 0.25).distances(of: Tensor([1, 1, 1, 1], [.nan]), from: clean[rows: 0..<1])[0].isNaN)
    #expect(Bound(norm: norm, epsilon: 0).check(Tensor([0, 1, 2, 2]), against: Tensor([0, 1, 2, 2])).isEmpty)
  }
}
