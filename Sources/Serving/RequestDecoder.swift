import Attacks
import Datasets
import Evaluation
import Failures
public import Records
public import Tensors

/// Turns a line's object into a request that the model can answer, or says what is wrong with it.
public struct RequestDecoder {
  /// One image's shape, `[c, h, w]`.
  let imageShape: Shape
  /// How many classes there are.
  let classCount: Int
  /// The most steps an attack may take, those of all restarts together.
  let maximalAttackSteps: Int
  private var datasets = DatasetCache()

  /// A decoder of requests to a model for such images and classes.
  public init(imageShape: Shape, classCount: Int, maximalAttackSteps: Int) {
    (self.imageShape, self.classCount) = (imageShape, classCount)
    self.maximalAttackSteps = maximalAttackSteps
  }

  /// The request that `json` is; members that it does not know are ignored, except in `attack` and `transform`.
  ///
  /// - Throws: `Failure` that says what is missing or wrong.
  public mutating func decode(_ json: JSON) throws -> Request {
    var fields = try RecordFields(json, name: "request")
    let name = try fields.string("op")
    guard let operation = Request.Operation(rawValue: name) else {
      throw Failure(.usage, "request: `op` is `\(name)`; choose \(choices(Request.Operation.self))")
    }
    switch operation {
    case .describe: return .describe
    case .cancel:
      guard let id = fields.find("cancel") else {
        throw Failure(.data, "request without `cancel`; give the `id` of the request to cancel")
      }
      return .cancel(id)
    case .predict: return .predict(try image(&fields))
    case .transform: return .transform(try image(&fields))
    case .attack:
      let image = try image(&fields)
      let settings = try AttackSettings(json: fields.find("attack") ?? .object([]))
      // One seed may be given to both, as `--seed` decides both elsewhere.
      let attack = try settings.attack(channels: imageShape[0], drawsPoses: image.transform != nil)
      try attack.attack.validate(classCount: classCount)
      guard attack.attack.mostSteps <= maximalAttackSteps else {
        throw Failure(.usage, "attack: more than \(maximalAttackSteps) steps in all restarts; ask for fewer")
      }
      return .attack(image, attack)
    }
  }
}

// MARK: - Images

extension RequestDecoder {
  /// The image of a request; where it comes from a data set, so do its label and index unless they are given.
  private mutating func image(_ fields: inout RecordFields) throws -> ServedImage {
    guard var source = try fields.optionalObject("image") else { throw Failure(.data, "request without `image`") }
    var found = try source.find("data") == nil ? ServedImage(pixels: pixels(&source)) : element(&source)
    found = ServedImage(
      pixels: found.pixels, label: try fields.optionalInteger("label") ?? found.label,
      index: try fields.optionalInteger("index") ?? found.index)
    if let label = found.label, !(0..<classCount).contains(label) {
      throw Failure(.data, "request: label \(label); the model's classes are 0 to \(classCount - 1)")
    }
    guard (0...Int(UInt32.max)).contains(found.index) else {
      throw Failure(.data, "request: index \(found.index); give 0 to \(UInt32.max)")
    }
    guard let settings = fields.find("transform") else { return found }
    return ServedImage(
      pixels: found.pixels, label: found.label, index: found.index,
      transform: try ServedTransform(json: settings, index: found.index))
  }

  /// An image of a data set.
  private mutating func element(_ source: inout RecordFields) throws -> ServedImage {
    let reference = try DatasetReference(try source.string("data"))
    let index = try source.integer("index")
    let name = try source.optionalString("split") ?? Split.test.rawValue
    guard let split = Split(rawValue: name) else {
      throw Failure(.usage, "image: `split` is `\(name)`; choose \(choices(Split.self))")
    }
    let images = try datasets.images(reference, split, for: imageShape)
    guard images.imageShape == imageShape else {
      throw Failure(.data, "\(reference): images are [\(images.imageShape)], the model takes [\(imageShape)]")
    }
    guard images.indices.contains(index) else {
      throw Failure(.data, "\(reference): no \(split) image \(index); there are 0 to \(images.indices.upperBound - 1)")
    }
    var pixels = [Float](repeating: 0, count: imageShape.count)
    pixels.withUnsafeMutableBufferPointer { images.writePixels(of: index, into: $0) }
    return ServedImage(pixels: pixels, label: images.label(of: index), index: index)
  }

  /// The pixels of an image that came with the request.
  private func pixels(_ source: inout RecordFields) throws -> [Float] {
    let sizes = try source.array("shape").map(\.integer)
    guard sizes == imageShape.sizes else {
      let found = sizes.map { $0.map(String.init) ?? "?" }.joined(separator: "x")
      throw Failure(.data, "image: shape [\(found)], the model takes [\(imageShape)]")
    }
    let pixels = try values(&source)
    guard pixels.count == imageShape.count else {
      throw Failure(.data, "image: \(pixels.count) pixels for the shape [\(imageShape)], which has \(imageShape.count)")
    }
    if let position = pixels.firstIndex(where: { !(0...1).contains($0) }) {
      throw Failure(.data, "image: pixel \(position) is \(pixels[position]); pixels are 0...1")
    }
    return pixels
  }

  private func values(_ source: inout RecordFields) throws -> [Float] {
    let (bytes, floats) = (try source.optionalString("u8"), try source.optionalString("f32"))
    let values = try source.optionalNumbers("values")
    switch (bytes, floats, values) {
    case (let text?, nil, nil): return try decoded(text, "u8").map { Float($0) / 255 }
    case (nil, let text?, nil):
      let bytes = try decoded(text, "f32")
      guard bytes.count.isMultiple(of: 4) else {
        throw Failure(.data, "image: `f32` holds \(bytes.count) bytes, which are no whole 32-bit floats")
      }
      return Base64.floats(bytes)
    case (nil, nil, let values?): return values.map { Float($0) }
    default: throw Failure(.data, "image: give one of `u8`, `f32`, `values` and `data`")
    }
  }

  private func decoded(_ text: String, _ key: String) throws -> [UInt8] {
    guard let bytes = Base64.decode(text) else {
      throw Failure(.data, "image: `\(key)` is not base64 (RFC 4648, padded, without white space)")
    }
    return bytes
  }
}

/// The names that a text may be, for messages.
func choices<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> String {
  Choice.allCases.map(\.rawValue).joined(separator: ", ")
}
