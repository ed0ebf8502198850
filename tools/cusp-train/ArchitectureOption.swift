import ArgumentParser
import Checkpoints
import Datasets
import Failures
import Files
import Networks
import Tensors
import ToolSupport

/// A network as typed: its name, or a file with its definition.
enum ArchitectureOption: ExpressibleByArgument {
  case named(Architecture)
  case file(String)

  init?(argument: String) {
    if let architecture = Architecture(rawValue: argument) {
      self = .named(architecture)
    } else if argument.hasSuffix(".json") || argument.contains("/") || argument == "-" {
      self = .file(argument)
    } else {
      return nil
    }
  }

  /// The file; nil for a name.
  var file: String? {
    if case .file(let path) = self { path } else { nil }
  }

  static var allValueStrings: [String] { Architecture.allCases.map(\.name) + ["wrn-DEPTH-WIDTH", "FILE.json"] }

  /// The network for `images`, with `preprocessing` in front if given; files are at most 16 MiB.
  ///
  /// - Throws: `Failure` when the file holds no network, or one for other images.
  func definition(for images: LabeledImages, preprocessing: Preprocessing?) throws -> NetworkDefinition {
    let (shape, classCount) = (images.imageShape.sizes, images.classNames.count)
    switch self {
    case .named(let architecture):
      return architecture.definition(
        imageShape: shape, classCount: classCount, preprocessing: preprocessing ?? .none)
    case .file(let path):
      var definition = try readDefinition(path: path)
      guard definition.imageShape == shape, definition.classCount == classCount else {
        let made = "\(Shape(definition.imageShape)) images of \(definition.classCount) classes"
        throw Failure(.data, "\(path): made for \(made), but the data are \(Shape(shape)) of \(classCount)")
      }
      definition.preprocessing = preprocessing ?? definition.preprocessing
      return definition
    }
  }
}

extension Architecture {
  /// What suits images of `shape` `[c, h, w]` when nobody says otherwise.
  static func customary(for shape: [Int]) -> Architecture {
    if shape[1] < 28 || shape[2] < 28 { return .digitsCNN }
    return shape[0] == 1 ? .smallCNN : .vgg16
  }

  /// All networks by name, family by family, with what they cost and who published them, as a table.
  static func table() throws -> String {
    var table = TextTable([
      .words("architecture"), .words("image"), .numbers("parameters"), .numbers("multiply-adds"), .words("source"),
    ])
    for architecture in allCases {
      let graph = try NetworkGraph(architecture.definition())
      let count = graph.parameters.reduce(0) { $0 + ($1.role == .trainable ? $1.shape.count : 0) }
      table.add([
        architecture.name, "\(graph.imageShape)", "\(count)", "\(graph.multiplyAdds)", architecture.source,
      ])
    }
    let lines = table.text.split(separator: "\n")
    var (text, row) = ("\(lines[0])\n", 1)
    for family in ArchitectureFamily.allCases {
      text += "\n\(family.name)\n" + lines[row..<row + family.members.count].joined(separator: "\n") + "\n"
      row += family.members.count
    }
    return text
  }
}
