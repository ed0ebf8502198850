import Networks
package import Programs
package import Tensors

/// The factors of every dropout in a training step, redrawn in place.
package struct DropoutMasks {
  private let settings: [Dropout]
  /// A mask for every dropout of the program, in its order.
  package private(set) var tensors: [Tensor]

  /// Masks for `program`, zero until they are drawn.
  package init(_ program: TrainingProgram) {
    settings = program.dropouts.map(\.settings)
    tensors = program.dropouts.map { Tensor($0.shape) }
  }

  /// Draws anew: a function of the seed, the epoch, each image's index, the dropout's place in the network
  /// and the forward pass within the step.
  package mutating func draw(seed: UInt64, epoch: Int, images: [Int], pass: Int = 0) {
    for (layer, dropout) in settings.enumerated() {
      let size = tensors[layer].shape.count / images.count
      let run = dropout.scope.run(of: size, channels: tensors[layer].shape[1])
      let kept = 1 - dropout.rate
      tensors[layer].values.withUnsafeMutableBufferPointer { mask in
        for (row, image) in images.enumerated() {
          var generator = Generator(
            seed: seed, purpose: .dropout, epoch: epoch, image: image, restart: layer, step: pass)
          if run == 1 {
            let image = UnsafeMutableBufferPointer(rebasing: mask[row * size..<(row + 1) * size])
            generator.fillBernoulli(image, probability: kept, value: 1 / kept)
            continue
          }
          for start in stride(from: row * size, to: (row + 1) * size, by: run) {
            let factor = generator.uniform() < kept ? 1 / kept : 0
            for i in start..<start + run { mask[i] = factor }
          }
        }
      }
    }
  }
}

extension Dropout.Scope {
  /// How many neighbouring numbers of an image with `count` fall together.
  fileprivate func run(of count: Int, channels: Int) -> Int {
    switch self {
    case .element: 1
    case .channel: count / channels
    case .image: count
    }
  }
}
