import Archives
import Files
import Foundation
import HDF5
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// Functional models that are put together here: what reads what.
@Suite("Graphs of Keras models")
struct KerasGraphTests {
  /// A model of layers that read each other by name.
  private struct Model {
    var layers: [String] = []
    var tensors: [(path: String, shape: [Int], values: [Float])] = []
    var input = "i"
    var output = ""

    init(_ image: [Int] = [4, 4, 2]) {
      let sizes = image.map(String.init).joined(separator: ",")
      layers.append(
        #"{"class_name":"InputLayer","config":{"name":"i","batch_shape":[null,\#(sizes)]},"name":"i","inbound_nodes":[]}"#
      )
    }

    /// Adds a layer, called by as many lists of names as there are; `name:1` is what the second call gives.
    mutating func add(
      _ kind: String, _ name: String, _ calls: [[String]], _ settings: String = "", kwargs: String = "",
      module: String = ""
    ) {
      let nodes = calls.map { names in
        let tensors = names.map { name in
          let parts = name.split(separator: ":")
          let history = #"["\#(parts[0])",\#(parts.count > 1 ? String(parts[1]) : "0"),0]"#
          return #"{"class_name":"__keras_tensor__","config":{"keras_history":\#(history)}}"#
        }
        let all = tensors.joined(separator: ",")
        let isList = tensors.count > 1 && module.isEmpty
        let argument = isList ? "[" + all + "]" : all
        return #"{"args":[\#(argument)],"kwargs":{\#(kwargs)}}"#
      }.joined(separator: ",")
      let more = settings.isEmpty ? "" : "," + settings
      let config = #"{"name":"\#(name)"\#(more)}"#
      let origin = module.isEmpty ? "" : #""module":"\#(module)","#
      layers.append(
        #"{\#(origin)"class_name":"\#(kind)","config":\#(config),"name":"\#(name)","inbound_nodes":[\#(nodes)]}"#)
      output = name
    }

    /// Adds the numbers of a layer in the folder `folder`.
    mutating func store(_ folder: String, _ shapes: [Int]...) {
      for (number, shape) in shapes.enumerated() {
        let path = "/layers/\(folder)/vars/\(number)"
        let values = FormulaWeights.units(path: path, count: shape.reduce(1, *)).map { Float($0) }
        tensors.append((path, shape, values))
      }
    }

    /// The network that is made of the model.
    func network(outputs: String? = nil) throws -> MatchedModel {
      try Fixture.withTemporaryFolder { folder in
        let writer = try HDF5Writer(path: "\(folder)/w.h5")
        try writer.createGroup("/layers")
        for tensor in tensors { try writer.write(tensor.values, shape: tensor.shape, to: tensor.path) }
        try writer.close()
        let last = outputs ?? #"["\#(output)",0,0]"#
        let text =
          #"{"class_name":"Functional","config":{"name":"m","layers":[\#(layers.joined(separator: ","))],"#
          + #""input_layers":["\#(input)",0,0],"output_layers":\#(last)}}"#
        let weights = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/w.h5")))
        let bytes = try zipStoring([("config.json", Array(text.utf8)), ("model.weights.h5", weights)])
        return try TensorFile(ByteSource(bytes, name: "x")).model()
      }
    }

    func message() -> String { refusal { _ = try network() } ?? "taken" }
  }

  private let pixels = Tensor([2, 2, 4, 4], FormulaWeights.pixels(shape: [2, 2, 4, 4]))

  @Test("Layers may stand in any order, and those that nothing needs are left out")
  func order() throws {
    var model = Model()
    model.add("Conv2D", "c", [["i"]], #""filters":3,"kernel_size":[3,3]"#)
    model.add("Lambda", "unused", [["c"]])
    model.add("GlobalAveragePooling2D", "g", [["c"]])
    model.store("conv2d", [3, 3, 2, 3], [3])
    let network = try model.network()
    #expect(network.graph.parameters.map(\.path.text) == ["c.weight", "c.bias"])
    var other = model
    other.layers.reverse()
    #expect(try logits(other.network(), pixels) == logits(network, pixels))
  }

  @Test("A layer that is called twice has the same numbers twice, and operators of tensors join them")
  func calls() throws {
    var model = Model()
    model.add("Conv2D", "c", [["i"], ["c"]], #""filters":2,"kernel_size":[1,1],"use_bias":false"#)
    model.add("Add", "a", [["c:1", "i"]], module: "keras.src.ops.numpy")
    model.add("GlobalMaxPooling2D", "g", [["a"]])
    model.store("conv2d", [1, 1, 2, 2])
    let network = try model.network()
    #expect(network.graph.parameters.map(\.path.text) == ["c.weight", "c-2.weight"])
    let parameters = try network.parameters()
    #expect(parameters["c.weight"] == parameters["c-2.weight"])
    #expect(network.graph.vertices.map(\.node.layer.name).contains("sum"))
  }

  @Test("A chain of thousands of layers is followed without a deep stack")
  func chain() throws {
    var model = Model()
    for number in 0..<5000 { model.add("ReLU", "r\(number)", [[number == 0 ? "i" : "r\(number - 1)"]]) }
    model.add("GlobalAveragePooling2D", "g", [["r4999"]])
    #expect(try model.network().graph.vertices.count == 5002)
  }

  @Test("What is called in a way of its own is refused by name")
  func arguments() throws {
    var training = Model()
    training.add("Dropout", "d", [["i"]], kwargs: #""training":true"#)
    #expect(training.message() == "x: layer d, Dropout: is called with further arguments")
    var masked = Model()
    masked.add("Dropout", "d", [["i"]], kwargs: #""training":false,"mask":null"#)
    #expect(masked.message().hasPrefix("x: layer d, output: is 2x4x4, not one number for each class"))
    var second = Model()
    second.layers.append(second.layers[0].replacing("\"i\"", with: "\"j\""))
    second.add("Add", "a", [["i", "j"]])
    #expect(second.message() == "x: layer j, InputLayer: is a second input; only one image is taken")
    var sizes = Model()
    sizes.add("GlobalAveragePooling2D", "g", [["i"]])
    sizes.add("Add", "a", [["i", "g"]])
    #expect(sizes.message() == "x: layer a, Add: adds [2x4x4] and [2]", "\(sizes.message())")
    var early = Model()
    early.add("ZeroPadding2D", "z", [["i"]], #""padding":[[1,1],[1,1]]"#)
    early.add("BatchNormalization", "b", [["z"]])
    #expect(early.message().contains("layer b, BatchNormalization: follows ZeroPadding2D, which is taken before"))
    var list = Model()
    list.add("Flatten", "f", [["i"]])
    list.add("Conv2D", "c", [["f"]], #""filters":3,"kernel_size":[3,3]"#)
    #expect(list.message() == "x: layer c, Conv2D: reads 32, which is no image of rows, columns and channels")
  }

  @Test("Of several outputs the first is taken, and of shapes beyond all bounds none")
  func outputs() throws {
    var model = Model()
    model.add("GlobalAveragePooling2D", "g", [["i"]])
    model.add("GlobalMaxPooling2D", "h", [["i"]])
    let network = try model.network(outputs: #"[["g",0,0],["h",0,0]]"#)
    #expect(network.notes.contains("took the first of its 2 outputs"))
    #expect(network.graph.vertices.first?.node.name == "g")
    #expect(
      Model([1 << 21, 4, 2]).message().contains("beyond all bounds") || Model([1 << 21, 4, 2]).message() != "taken")
    var wide = Model([4096, 4096, 64])
    wide.add("UpSampling2D", "u", [["i"]], #""size":[4096,4096]"#)
    #expect(wide.message().contains("x: layer u, UpSampling2D: is too large"), "\(wide.message())")
  }
}
