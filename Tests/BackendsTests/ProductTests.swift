import PortableBackend
import Tensors
import Testing

/// The portable engine's products, past every edge of their tiles, against sums in `Double`.
@Suite("Products of windows")
struct ProductTests {
  static let rows = Array(1...Tiles.rows + 1)

  private func numbers(_ count: Int, seed: Int) -> [Float] {
    var dice = Generator(seed: UInt64(seed), purpose: .sample)
    return (0..<count).map { _ in 2 * dice.uniform() - 1 }
  }

  /// Every sum has fewer than 1,000 terms below 1.
  private func expectEqual(_ found: [Float], _ expected: [Double], _ what: String) {
    let errors = zip(found, expected).map { abs(Double($0) - $1) }
    #expect(found.count == expected.count && errors.allSatisfy { $0 < 1e-4 }, "\(what)")
  }

  @Test("a tile is the product of its blocks, for no depth as well", arguments: [0, 1, 2, 7, 8, 33])
  func outerTile(depth: Int) {
    let (a, b) = (numbers(depth * Tiles.rows, seed: 1), numbers(depth * Tiles.columns, seed: 2))
    var tile = [Float](repeating: .nan, count: Tiles.rows * Tiles.columns)
    Tiles.outer(a, b, depth: depth, into: &tile)
    let expected = tile.indices.map { i in
      (0..<depth).reduce(0.0) {
        $0 + Double(a[$1 * Tiles.rows + i / Tiles.columns]) * Double(b[$1 * Tiles.columns + i % Tiles.columns])
      }
    }
    expectEqual(tile, expected, "depth \(depth)")
  }

  @Test("a tile of dot products, with rows apart", arguments: [0, 4, 8, 36], [0, 1, 5])
  func innerTile(depth: Int, gap: Int) {
    let stride = depth + gap
    let (a, b) = (numbers(stride * Tiles.left + 8, seed: 3), numbers(stride * Tiles.right + 8, seed: 4))
    var tile = [Float](repeating: .nan, count: Tiles.left * Tiles.right)
    Tiles.inner(a, b, stride: stride, depth: depth, into: &tile)
    let expected = tile.indices.map { i in
      (0..<depth).reduce(0.0) {
        $0 + Double(a[i / Tiles.right * stride + $1]) * Double(b[i % Tiles.right * stride + $1])
      }
    }
    expectEqual(tile, expected, "depth \(depth), gap \(gap)")
  }

  /// One-place windows make the window matrix the images themselves, `[channels, (n, p)]`.
  private func gather(_ channels: Int, _ batchSize: Int, width: Int) -> WindowGather {
    WindowGather(
      batchSize: batchSize, channels: channels, height: 1, width: width, outputHeight: 1, outputWidth: width)
  }

  @Test("a matrix product, past the tile in every direction", arguments: rows, Array(1...Tiles.columns + 1))
  func matrixProduct(rows: Int, width: Int) throws {
    for (depth, batchSize, threads) in [(1, 1, 1), (5, 1, 3), (513, 2, 2), (3, 3, 1)] {
      let (a, x) = (numbers(rows * depth, seed: 5), numbers(batchSize * depth * width, seed: 6))
      let bias = numbers(rows, seed: 7)
      let workers = Workers(count: threads)
      let product = try WindowProduct(
        gather(depth, batchSize, width: width), groups: 1, rows: rows,
        layout: .init(groupStride: 0, rowStride: depth, channelStride: 1, isFlipped: false), workers: workers)
      try workers.allocate()
      product.load(a)
      var out = [Float](repeating: .nan, count: batchSize * rows * width)
      product.run(x, bias: bias, into: &out, adds: false)
      let expected = out.indices.map { i in
        let (n, row, column) = (i / width / rows, i / width % rows, i % width)
        return (0..<depth).reduce(Double(bias[row])) {
          $0 + Double(a[row * depth + $1]) * Double(x[(n * depth + $1) * width + column])
        }
      }
      let what = "\(rows) x \(depth) times \(depth) x \(width), \(batchSize) images"
      expectEqual(out, expected, what)
      product.run(x, bias: nil, into: &out, adds: true)
      let doubled = out.indices.map { 2 * expected[$0] - Double(bias[$0 / width % rows]) }
      expectEqual(out, doubled, "\(what), added")
    }
  }

  @Test("a product of no column writes nothing")
  func noColumns() throws {
    let workers = Workers(count: 2)
    let product = try WindowProduct(
      gather(2, 0, width: 3), groups: 1, rows: 4,
      layout: .init(groupStride: 0, rowStride: 2, channelStride: 1, isFlipped: false), workers: workers)
    try workers.allocate()
    product.load(numbers(8, seed: 8))
    var out: [Float] = [7]
    product.run([7], bias: nil, into: &out, adds: false)
    #expect(out == [7])
  }

  @Test(
    "a product with a transpose, past the tile and the block", arguments: Array(1...Tiles.left + 1) + [97],
    [1, Tiles.right, Tiles.right + 1, 9])
  func correlation(rows: Int, channels: Int) throws {
    for width in [1, 7, 8, 9, WindowCorrelation.depth - 1, WindowCorrelation.depth + 1] {
      let (x, dy) = (numbers(2 * channels * width, seed: 9), numbers(2 * rows * width, seed: 10))
      let workers = Workers(count: 2)
      let correlation = WindowCorrelation(gather(channels, 2, width: width), groups: 1, rows: rows, workers: workers)
      try workers.allocate()
      var out = [Float](repeating: .nan, count: rows * channels)
      correlation.run(x, dy, into: &out)
      let expected = out.indices.map { i in
        (0..<2 * width).reduce(0.0) { sum, place in
          let (n, p) = (place / width, place % width)
          let slope = Double(dy[(n * rows + i / channels) * width + p])
          return sum + slope * Double(x[(n * channels + i % channels) * width + p])
        }
      }
      expectEqual(out, expected, "\(rows) x \(channels) over \(width) columns")
    }
  }
}
