import Networks
import Tensors

extension NetworkGraph.Vertex {
  /// Which of its input's channels each one of its output is, nil for zeros; nil where it does not only take
  /// channels as they are.
  var selectedChannels: [Int?]? {
    let (inputs, outputs) = (inputShapes[0][0], outputShape[0])
    switch node.layer {
    case .channelSlice(let slice): return Array(slice.start..<slice.start + slice.count)
    // Dealt to so many hands.
    case .channelShuffle(let groups): return (0..<outputs).map { $0 % groups * (outputs / groups) + $0 / groups }
    case .channelPermutation(let order): return order
    case .channelPadding(let settings):
      return (0..<outputs).map { $0 - settings.before }.map { (0..<inputs).contains($0) ? $0 : nil }
    default: return nil
    }
  }
}
