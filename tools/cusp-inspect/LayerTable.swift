import Records
import ToolSupport

/// The layers of a network for people.
struct LayerTable {
  private let layers: [ModelRecord.Layer]

  init(_ layers: [ModelRecord.Layer]) { self.layers = layers }

  /// One line a layer under its titles.
  var text: String {
    var table = TextTable([
      .words("layer"), .words("kind"), .words("output"), .numbers("parameters"), .numbers("share"),
      .numbers("multiply-adds"), .numbers("activation bytes"),
    ])
    let parameters = max(layers.reduce(0) { $0 + $1.parameters }, 1)
    for layer in layers {
      table.add([
        layer.name, layer.kind, TensorTable.shape(layer.output), Self.count(layer.parameters),
        layer.parameters > 0 ? NumberText.percent(Double(layer.parameters) / Double(parameters)) : "-",
        Self.count(layer.multiplyAdds), Self.count(layer.activationBytes),
      ])
    }
    return table.text
  }

  private static func count(_ value: Int) -> String { value == 0 ? "-" : NumberText.grouped(value) }
}
