import Failures
import Networks
import Programs
import Records
import Tensors

/// A network as a functional model of Keras, its images with channels last: a few layers for every node, and the tensors
/// that they read.
struct KerasLowering {
  /// One layer of Keras.
  struct Layer {
    let name: String
    let kind: String
    let settings: [JSON.Member]
    /// What it reads.
    let inputs: [Value]
    /// The sizes of what it puts out, without the batch.
    let shape: [Int]
    var weights: [Weight] = []
  }

  /// What a layer puts out.
  struct Value {
    let layer: String
    /// One image's sizes, without the batch.
    let shape: [Int]
    /// Where it is a list of an image's numbers pixel by pixel: that image, `[c, h, w]`.
    var flattened: Shape?
  }

  /// A tensor of a layer.
  struct Weight {
    /// Where its numbers come from.
    enum Source {
      /// A parameter, seen as `sizes` whose axes are put in the order `order`; expanded before where that is told.
      case parameter(ParameterSpec, FilterExpansion?, sizes: [Int], order: [Int])
      /// Numbers that follow from the definition.
      case constant([Float])
    }

    /// As in `kernel`.
    let name: String
    let source: Source
    let shape: [Int]
  }

  let network: NetworkGraph
  private(set) var layers: [Layer] = []
  /// The vertex that is being lowered, and what reads each.
  private(set) var vertex: NetworkGraph.Vertex
  private var readers: [[Int]]
  private var names: Set<String> = []

  /// The model of `network`.
  ///
  /// - Throws: `.data` naming the node and what of it Keras has not.
  init(_ network: NetworkGraph) throws {
    self.network = network
    vertex = network.vertices[0]
    readers = network.vertices.map { _ in [] }
    for (place, vertex) in network.vertices.enumerated() {
      for input in vertex.inputs.compactMap({ $0 }) { readers[input].append(place) }
    }
    let image = try imageLayer()
    var values: [Value] = []
    for (place, vertex) in network.vertices.enumerated() {
      self.vertex = vertex
      let keepsOrder = vertex.node.layer == .flatten && !readsAreDense(place)
      values.append(try lower(vertex.inputs.map { $0.map { values[$0] } ?? image }, keepsOrder: keepsOrder))
    }
    layers = Self.asListed(layers)
  }

  /// `layers` as Keras lists them, by which it tells the tensors of one class apart: those that are further from the end
  /// first, others as a walk from the end meets them, into what is read first and so on.
  private static func asListed(_ layers: [Layer]) -> [Layer] {
    let places = Dictionary(uniqueKeysWithValues: layers.enumerated().map { ($1.name, $0) })
    let inputs = layers.map { layer in layer.inputs.compactMap { places[$0.layer] } }
    var depths = [Int](repeating: 0, count: layers.count)
    // Each stands behind what it reads here.
    for place in layers.indices.reversed() {
      for input in inputs[place] { depths[input] = max(depths[input], depths[place] + 1) }
    }
    var visits = [Int?](repeating: nil, count: layers.count)
    var (count, pending) = (0, [layers.count - 1])
    while let place = pending.popLast() {
      guard visits[place] == nil else { continue }
      visits[place] = count
      count += 1
      pending += inputs[place].reversed()
    }
    let order = layers.indices.sorted { (-depths[$0], visits[$0] ?? 0) < (-depths[$1], visits[$1] ?? 0) }
    return order.map { layers[$0] }
  }

  /// The input, and the preprocessing of pixels behind it.
  private mutating func imageLayer() throws -> Value {
    let definition = network.definition
    let shape = Self.sizes(network.imageShape)
    names.insert(Node.image)
    let batch = JSON.array([.null] + shape.map { .integer(Int64($0)) })
    layers.append(
      Layer(name: Node.image, kind: "InputLayer", settings: [.init("batch_shape", batch)], inputs: [], shape: shape))
    let image = Value(layer: Node.image, shape: shape)
    guard definition.preprocessing != .none else { return image }
    let deviations = definition.preprocessing.standardDeviation.map(Self.decimal)
    return add(
      "Normalization",
      [
        "axis": .array([.integer(-1)]), "invert": .bool(false),
        "mean": .array(definition.preprocessing.mean.map { .number(Self.decimal($0)) }),
        "variance": .array(deviations.map { .number($0 * $0) }),
      ], [image], shape, named: "preprocessing")
  }

  /// Whether dense layers alone read the list that vertex `place` puts out, through what treats all numbers alike.
  private func readsAreDense(_ place: Int) -> Bool {
    !readers[place].isEmpty
      && readers[place].allSatisfy { reader in
        switch network.vertices[reader].node.layer {
        case .dense: true
        case .activation, .dropout: readsAreDense(reader)
        default: false
        }
      }
  }

  // MARK: - Parts

  /// What is wrong with the vertex.
  func refusal(_ reason: String) -> Failure {
    Failure(.data, "node \(vertex.node.name), \(vertex.node.layer.name): \(reason), so Keras files cannot hold it")
  }

  /// Adds a layer; what it puts out. The last one of a vertex is called like its node.
  mutating func add(
    _ kind: String, _ settings: [String: JSON] = [:], _ inputs: [Value], _ shape: [Int], _ weights: [Weight] = [],
    named part: String? = nil
  ) -> Value {
    let own = part.map { layers.count > 1 ? "\(vertex.node.name)_\($0)" : $0 } ?? vertex.node.name
    let members = settings.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value) }
    // Names of variables may have neither dots nor strokes.
    let plain = String(own.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" })
    var (name, number) = (plain, 1)
    while !names.insert(name).inserted {
      number += 1
      name = "\(plain)_\(number)"
    }
    layers.append(Layer(name: name, kind: kind, settings: members, inputs: inputs, shape: shape, weights: weights))
    return Value(layer: name, shape: shape, flattened: nil)
  }

  /// The vertex's parameter `short`, under the name `name`.
  func parameter(
    _ short: String, _ name: String, sizes: [Int]? = nil, order: [Int]? = nil, as shape: [Int]? = nil,
    expanded: (shape: [Int], expansion: FilterExpansion)? = nil
  ) throws -> Weight {
    guard let spec = vertex.parameters.first(where: { $0.path.text == "\(vertex.node.name).\(short)" }) else {
      throw Failure(.internal, "node \(vertex.node.name): has no \(short)")
    }
    let sizes = sizes ?? expanded?.shape ?? spec.shape.sizes
    let order = order ?? Array(sizes.indices)
    return Weight(
      name: name, source: .parameter(spec, expanded?.expansion, sizes: sizes, order: order),
      shape: shape ?? order.map { sizes[$0] })
  }

  /// One image's sizes in Keras: channels last.
  static func sizes(_ shape: Shape) -> [Int] { shape.rank == 3 ? [shape[1], shape[2], shape[0]] : shape.sizes }

  /// The number that `value` is printed as, which is the shortest that rounds to it.
  static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}
