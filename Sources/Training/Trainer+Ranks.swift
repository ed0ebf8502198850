import Datasets
import Networks
import Programs
import Ranks
import Tensors

extension TrainingState {
  /// What tells whether another rank stands at the same place of the same run.
  var fingerprint: UInt64 {
    var print = Fingerprint()
    for word in [epoch, step, sums.correct] { print.add(UInt64(truncatingIfNeeded: word)) }
    print.add(sums.loss.bitPattern)
    for tensor in parameters.tensors { print.add(tensor.values) }
    for tensor in average?.tensors ?? [] { print.add(tensor.values) }
    for name in optimizerState.keys.sorted() {
      for (_, tensor) in (optimizerState[name] ?? [:]).sorted(by: { $0.key.text < $1.key.text }) {
        print.add(tensor.values)
      }
    }
    return print.value
  }
}

extension LabeledImages {
  /// What tells whether another rank has the same images and labels.
  var fingerprint: UInt64 {
    var print = Fingerprint()
    var pixels = [Float](repeating: 0, count: imageShape.count)
    for index in indices {
      print.add(UInt64(label(of: index)))
      pixels.withUnsafeMutableBufferPointer { writePixels(of: index, into: $0) }
      print.add(pixels)
    }
    return print.value
  }
}
