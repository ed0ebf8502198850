import Failures

extension NumPyArray {
  /// The array in the `.npy` file `bytes`, called `name` in errors.
  ///
  /// - Throws: `.data` for anything but a whole file of one array of numbers.
  public init(parsing bytes: [UInt8], name: String) throws {
    let header = try NumPyHeader(startOf: bytes, name: name)
    let size = try header.byteCount(name: name)
    let found = bytes.count - header.dataOffset
    guard found == size else {
      throw Failure(.data, "\(name): holds \(found) bytes of elements instead of \(size); write it again")
    }
    self.init(header.element, shape: header.shape, bytes: header.ordered(bytes[header.dataOffset...]))
  }

  /// The bytes of a `.npy` file with this array, version 1.0, just as `numpy.save` writes them.
  public var fileBytes: [UInt8] { Self.fileHeader(element, shape: shape) + bytes }

  /// What stands before the elements of an array in a `.npy` file, just as `numpy.save` writes it.
  public static func fileHeader(_ element: Element, shape: [Int]) -> [UInt8] {
    let sizes = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    let header = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // NumPy leaves room to lengthen the first axis in place, then pads to a multiple of 64 bytes.
    let room = shape.isEmpty ? 0 : 21 - String(shape[0]).utf8.count
    let padding = room + 64 - (11 + header.utf8.count + room) % 64
    var output: [UInt8] = [0x93] + "NUMPY".utf8 + [1, 0]
    output.append(littleEndian: UInt16(header.utf8.count + padding + 1))
    output += header.utf8
    output += [UInt8](repeating: 0x20, count: padding)
    output.append(0x0A)
    return output
  }
}

/// The arrays of a `.npz` file by name, each unpacked when asked for.
public struct NumPyArchive: Sendable {
  private let archive: ZipArchive
  private let name: String
  private let entries: [String: ZipArchive.Entry]

  /// The names of the arrays, sorted.
  public var names: [String] { entries.keys.sorted() }

  /// The `.npz` file `bytes`, called `name` in errors, whose arrays take at most `limit` bytes together.
  ///
  /// - Throws: `.data` for anything but a whole zip file within `limit`.
  public init(parsing bytes: [UInt8], limit: Int, name: String) throws {
    self.name = name
    archive = try ZipArchive(bytes, limit: limit, name: name)
    let arrays = archive.entries.filter { $0.name.hasSuffix(".npy") }
    entries = Dictionary(uniqueKeysWithValues: arrays.map { (String($0.name.dropLast(4)), $0) })
  }

  /// The array called `array`, or `nil` if there is none.
  ///
  /// - Throws: `.data` if it is damaged or not an array of numbers.
  public func array(_ array: String) throws -> NumPyArray? {
    guard let entry = entries[array] else { return nil }
    return try NumPyArray(parsing: archive.contents(of: entry), name: "\(name): \(entry.name)")
  }

  /// The bytes of a `.npz` file with `arrays`, unpacked, in order, the same for the same arrays.
  ///
  /// - Throws: `.data` if they do not fit a zip file of 4 GiB.
  public static func fileBytes(of arrays: [(name: String, array: NumPyArray)]) throws -> [UInt8] {
    try zipStoring(arrays.map { (name: "\($0.name).npy", bytes: $0.array.fileBytes) })
  }
}
