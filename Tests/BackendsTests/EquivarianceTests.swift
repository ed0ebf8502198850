import Networks
import Programs
import Symmetry
import Tensors
import Testing

/// What moving images does to feature maps.
private enum Moved {
  /// Images `[n, c, h, h]` moved by `symmetry`, each about its centre.
  static func images(_ images: Tensor, _ symmetry: Symmetry) -> Tensor {
    maps(images, symmetry, products: nil)
  }

  /// Maps `[n, c * o, h, h]` over a group, moved by its element `number`, as `products` says where each map goes.
  static func maps(_ maps: Tensor, _ symmetry: Symmetry, products: [Int]?) -> Tensor {
    var result = maps
    let (side, order) = (maps.shape[2], products?.count ?? 1)
    for plane in 0..<maps.shape[0] * maps.shape[1] {
      let (channel, element) = plane.quotientAndRemainder(dividingBy: order)
      let target = channel * order + (products?[element] ?? 0)
      for row in 0..<side {
        for column in 0..<side {
          let place = symmetry.moved(row: row, column: column, side: side)
          result.values[(target * side + place.row) * side + place.column] =
            maps.values[(plane * side + row) * side + column]
        }
      }
    }
    return result
  }
}

@Suite("Networks over a group commute with its symmetries")
struct EquivarianceTests {
  /// A network of `layers` in a row on square images of 3 channels, whose feature maps are its logits.
  private func program(
    _ layers: [Layer], side: Int, features: Int, on backend: any Backend,
    changing: (inout Parameters) -> Void = { _ in }
  ) throws -> InferenceProgram {
    let nodes = (layers + [.flatten]).enumerated().map { index, layer in
      Node(name: "n\(index)", inputs: [index == 0 ? Node.image : "n\(index - 1)"], layer: layer)
    }
    let graph = try NetworkGraph(
      NetworkDefinition(architecture: "maps", imageShape: [3, side, side], classCount: features, nodes: nodes))
    var parameters = Parameters(initializing: graph, seed: 3)
    for spec in parameters.specs where spec.role == .statistic || spec.shape.rank == 1 {
      var dice = Generator(seed: 5, purpose: .sample, image: spec.shape.count)
      for index in parameters[spec.path].values.indices { parameters[spec.path].values[index] += dice.uniform() }
    }
    changing(&parameters)
    return try InferenceProgram(graph, parameters: parameters, batchSize: 2, on: backend)
  }

  private func sampleImages(side: Int) -> Tensor {
    var dice = Generator(seed: 7, purpose: .sample)
    var images = Tensor([2, 3, side, side])
    for index in images.values.indices { images.values[index] = dice.uniform() }
    return images
  }

  /// The largest relative difference between maps of moved images and moved maps of images, over all of `group`.
  private func error(_ program: InferenceProgram, _ group: SymmetryGroup, side: Int, mapSide: Int) throws -> Float {
    let images = sampleImages(side: side)
    let shape: Shape = [2, program.classCount / (mapSide * mapSide), mapSide, mapSide]
    let maps = Tensor(shape, try program.logits(of: images).values)
    return try zip(group.elements, group.products).reduce(0) { worst, element in
      let found = try program.logits(of: Moved.images(images, element.0))
      let expected = Moved.maps(maps, element.0, products: element.1)
      return max(worst, difference(Tensor(shape, found.values), expected))
    }
  }

  @Test(
    "turning and mirroring images permutes the feature maps of lifting and group convolutions, norms and poolings",
    arguments: SymmetryGroup.allCases, TestBackends.all)
  func layers(group: SymmetryGroup, backend: TestBackend) throws {
    let settings = [
      (lift: 3, kernel: 3, stride: 1), (lift: 5, kernel: 1, stride: 1), (lift: 3, kernel: 3, stride: 2),
    ]
    for (lift, kernel, stride) in settings + (group == .p4 ? [(lift: 2, kernel: 2, stride: 1)] : []) {
      let lifting = GroupConvolution(group, lifting: true, outputChannels: 3, kernelSize: lift, padding: lift / 2)
      let grouped = GroupConvolution(group, outputChannels: 2, kernelSize: kernel, stride: stride, padding: kernel / 2)
      // An even kernel makes the maps one pixel larger each time.
      let side = 9
      let mapSide = lift == 2 ? side + 2 : (side + stride - 1) / stride
      let program = try program(
        [
          .groupConvolution(lifting), .groupBatchNormalization(BatchNormalization(), over: group), .relu,
          .maxPooling(Pooling(kernelSize: 3, stride: 1, padding: 1)), .groupConvolution(grouped),
        ], side: side, features: 2 * group.order * mapSide * mapSide, on: backend.make(2))
      #expect(try error(program, group, side: side, mapSide: mapSide) < 1e-5, "\(lift) \(kernel) \(stride)")
    }
  }

  @Test("one wrong entry of a filter table breaks that", arguments: SymmetryGroup.allCases, TestBackends.all)
  func brokenTable(group: SymmetryGroup, backend: TestBackend) throws {
    var rows = FilterTable(group, isLifting: true, side: 3).rows
    let plain = Convolution(outputChannels: 2 * group.order, kernelSize: 3, padding: 1, bias: false)
    func error() throws -> Float {
      let expansion = FilterExpansion(outputs: 2, inputs: 3, rows: rows)
      let program = try program([.convolution(plain)], side: 6, features: 2 * group.order * 36, on: backend.make(2)) {
        let filters = Array($0["n0.weight"].values.prefix(expansion.count))
        $0["n0.weight"].values = expansion.expanded(filters)
      }
      return try self.error(program, group, side: 6, mapSide: 6)
    }
    #expect(try error() < 1e-5)
    rows[1].swapAt(0, 1)
    #expect(try error() > 1e-2)
  }

  @Test(
    "the logits of an untrained ResNet over p4m, pooled over the group, stay as they are under all eight symmetries",
    arguments: TestBackends.all)
  func invariance(backend: TestBackend) throws {
    // Strides of 2 keep the symmetry on images of odd sides only.
    let side = 17
    var definition = Architecture.p4mResNet18.definition(imageShape: [3, side, side])
    for pooling: Layer in [.groupMaxPooling(.p4m), .groupAveragePooling(.p4m)] {
      let flatten = try #require(definition.nodes.firstIndex { $0.name == "flatten" })
      definition.nodes[flatten].inputs = ["invariant"]
      definition.nodes.removeAll { $0.name == "invariant" }
      definition.nodes.insert(
        Node(name: "invariant", inputs: ["pool"], layer: pooling), at: definition.nodes.count - 2)
      let graph = try NetworkGraph(definition)
      let program = try InferenceProgram(
        graph, parameters: Parameters(initializing: graph, seed: 4), batchSize: 8, on: backend.make(2))
      let image = sampleImages(side: side)[rows: 0..<1]
      let images = SymmetryGroup.p4m.elements.flatMap { Moved.images(image, $0).values }
      let logits = try program.logits(of: Tensor([8, 3, side, side], images))
      for row in 1..<8 { #expect(difference(logits[rows: row..<row + 1], logits[rows: 0..<1]) < 1e-4) }
      #expect(Set(logits[rows: 0..<1].values).count == 10)
    }
  }

  @Test("pooled over the group, the maps of turned and mirrored images are the turned and mirrored maps")
  func pooled() throws {
    for pooling: Layer in [.groupMaxPooling(.p4m), .groupAveragePooling(.p4m)] {
      let lifting = GroupConvolution(.p4m, lifting: true, outputChannels: 3, kernelSize: 3, padding: 1)
      let program = try program(
        [.groupConvolution(lifting), pooling], side: 7, features: 3 * 49, on: TestBackends.portable.make(1))
      let images = sampleImages(side: 7)
      let maps = Tensor([2, 3, 7, 7], try program.logits(of: images).values)
      for element in SymmetryGroup.p4m.elements {
        let found = try program.logits(of: Moved.images(images, element))
        #expect(difference(Tensor(maps.shape, found.values), Moved.images(maps, element)) < 1e-5)
      }
    }
  }
}
