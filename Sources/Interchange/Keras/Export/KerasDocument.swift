import Networks
import Records
import Tensors

/// The description of a lowered network as Keras writes it.
struct KerasDocument {
  let lowering: KerasLowering
  /// Whether it is that of an HDF5 file, which knows no modules.
  let isLegacy: Bool

  /// The JSON.
  var text: String {
    let name = lowering.network.definition.architecture
    let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    let last = lowering.layers[lowering.layers.count - 1].name
    let configuration = object([
      ("name", .string(plain.isEmpty ? "network" : plain)), ("trainable", .bool(true)),
      ("layers", .array(lowering.layers.map(layer))),
      ("input_layers", history(lowering.layers[0].name)), ("output_layers", history(last)),
    ])
    let kind: [(String, JSON)] = [("class_name", .string("Functional")), ("config", configuration)]
    if isLegacy { return object(kind).text }
    return object(
      [("module", .string("keras.src.models.functional"))] + kind + [("registered_name", .string("Functional"))]
    ).text
  }

  private func object(_ members: [(String, JSON)]) -> JSON { .object(members.map { JSON.Member($0.0, $0.1) }) }

  private func history(_ name: String) -> JSON { .array([.string(name), .integer(0), .integer(0)]) }

  private func layer(_ layer: KerasLowering.Layer) -> JSON {
    let isInput = layer.inputs.isEmpty
    let settings: [JSON.Member] = [.init("name", .string(layer.name)), .init("dtype", .string("float32"))]
    var members: [(String, JSON)] = isLegacy ? [] : [("module", .string("keras.layers"))]
    members += [("class_name", .string(layer.kind)), ("config", .object(settings + layer.settings))]
    if !isLegacy { members.append(("registered_name", .null)) }
    if !isLegacy, !isInput {
      let shapes = layer.inputs.map { shape($0.shape) }
      members.append(("build_config", object([("input_shape", shapes.count == 1 ? shapes[0] : .array(shapes))])))
    }
    members += [("name", .string(layer.name)), ("inbound_nodes", .array(isInput ? [] : [call(layer)]))]
    return object(members)
  }

  private func call(_ layer: KerasLowering.Layer) -> JSON {
    let tensors = layer.inputs.map { value in
      object([
        ("class_name", .string("__keras_tensor__")),
        (
          "config",
          object([
            ("shape", shape(value.shape)), ("dtype", .string("float32")), ("keras_history", history(value.layer)),
          ])
        ),
      ])
    }
    return object([
      ("args", .array(tensors.count == 1 ? tensors : [.array(tensors)])), ("kwargs", .object([])),
    ])
  }

  private func shape(_ sizes: [Int]) -> JSON { .array([.null] + sizes.map { .integer(Int64($0)) }) }
}
