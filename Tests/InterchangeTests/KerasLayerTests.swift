import Archives
import Files
import Foundation
import Interchange
import Records
import Tensors
import TestSupport
import Testing

/// Single layers with all that can be set, and Keras' numbers for them.
@Suite("Layers of Keras")
struct KerasLayerTests {
  private static let archives = (0..<8).map { "keras/layers-\($0).zip" } + ["keras/random.zip"]

  @Test(
    "Every layer computes what Keras computes, however it is set, and so do models drawn at random", arguments: archives
  )
  func computed(path: String) throws {
    let archive = try ZipArchive([UInt8](Fixture.data(path)), limit: 1 << 26, name: path)
    let texts = archive.entries.filter { $0.name.hasSuffix(".json") }
    #expect(texts.count > 5)
    for text in texts {
      let name = String(text.name.dropLast(5))
      let entry = try #require(archive.entries.first { $0.name == "\(name).keras" })
      let json = try JSON(parsing: archive.contents(of: text))
      let shape = [2] + (json["image"]?.array ?? []).compactMap(\.integer)
      let expected = (json["values"]?.array ?? []).flatMap { $0.array ?? [] }.compactMap(\.number)
      let message = refusal {
        let model = try TensorFile(ByteSource(archive.contents(of: entry), name: name)).model()
        let images = Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
        let found = try logits(model, images).map(Double.init)
        let scale = max(1, expected.map(abs).max() ?? 0)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(found.count == expected.count && worst <= 1e-5 * scale, "\(name): off by \(worst) of \(scale)")
      }
      #expect(message == nil, "\(name): \(message ?? "")")
    }
  }

  @Test("Classes that the page names are known, and the page names all that are")
  func page() throws {
    let page = try String(contentsOf: Fixture.repository.appending(path: "formats/keras.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let cells = rows.compactMap { $0.split(separator: "|").first }
    let words = cells.flatMap { $0.split(separator: "`") }.map(String.init)
    let names = Set(words.filter { $0.first?.isUppercase == true && $0.allSatisfy { $0.isLetter || $0.isNumber } })
    #expect(names.count > 30, "\(names)")
    let bytes = [UInt8](try Fixture.data("keras/softmaxed.keras"))
    func message(_ kind: String) throws -> String {
      let changed = try changedMember("config.json", bytes) {
        $0.replacing("\"class_name\": \"ReLU\"", with: "\"class_name\": \"\(kind)\"")
      }
      return refusal { _ = try TensorFile(ByteSource(changed, name: "x")).model() } ?? "taken"
    }
    let unknown = "is a class that is not taken"
    for name in names.subtracting(["InputLayer"]) {
      #expect(try !message(name).contains(unknown), "\(name)")
    }
    for name in ["PReLU", "Cropping2D", "Conv3D", "LSTM", "Embedding", "MultiHeadAttention", "UnitNormalization"] {
      #expect(try message(name).contains(unknown) || message(name).contains("is not taken"), "\(name)")
      #expect(!names.contains(name))
    }
  }
}
