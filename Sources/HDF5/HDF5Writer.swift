internal import CHDF5
internal import Failures
internal import Files

/// Writes a new HDF5 file: contiguous unfiltered datasets, no times, the layout that the oldest readers know.
///
/// The same calls make the same bytes. Nothing here reaches the disk for certain: write beside, sync and rename around
/// it. A mistake on the way leaves a file that nobody should use.
public struct HDF5Writer: ~Copyable {
  private let calls: CheckedCalls
  private let file: Handle

  /// Creates the file at `path`, or empties it; messages name `name`, as a temporary file means nothing to anybody.
  ///
  /// - Throws: `.cannotCreate`.
  public init(path: String, named name: String? = nil) throws {
    calls = CheckedCalls(path: name ?? path, purpose: .writing)
    file = try Self.createFile(path, CheckedCalls(path: name ?? path, purpose: .creating))
  }

  private static func createFile(_ path: String, _ calls: CheckedCalls) throws -> Handle {
    let creation = try Handle(calls, "H5Pcreate") { H5Pcreate(cusp_file_creation()) }
    let access = try Handle(calls, "H5Pcreate") { H5Pcreate(cusp_file_access()) }
    let (creationID, accessID) = (creation.id, access.id)
    try calls("H5Pset_obj_track_times") { H5Pset_obj_track_times(creationID, false) }
    try calls("H5Pset_fapl_sec2") { H5Pset_fapl_sec2(accessID) }
    // The file is nobody else's; a lock would live on in a guarded reader's child that was forked meanwhile.
    try calls("H5Pset_file_locking") { H5Pset_file_locking(accessID, false, true) }
    try calls("H5Pset_libver_bounds") { H5Pset_libver_bounds(accessID, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) }
    return try Handle(calls, "H5Fcreate") {
      path.withSystemPath { H5Fcreate($0, cusp_truncate(), creationID, accessID) }
    }
  }

  /// Writes out what is still in memory and closes the file.
  ///
  /// - Throws: `.inputOutput`, as on a full disk.
  public consuming func close() throws {
    try file.close("H5Fclose") { H5Fclose($0) }
  }

  /// Creates the group `name`, as in `/parameters/conv1`, and those it lies in, unless they exist.
  public func createGroup(_ name: String) throws {
    try requireNoZero(name)
    let root = file.id
    var path = ""
    for component in name.split(separator: "/") {
      path += "/\(component)"
      let group = path
      guard try calls("H5Lexists", of: group, { H5Lexists(root, group, cusp_defaults()) }) == 0 else { continue }
      let creation = try Handle(calls, "H5Pcreate") { H5Pcreate(cusp_group_creation()) }
      let creationID = creation.id
      try calls("H5Pset_obj_track_times") { H5Pset_obj_track_times(creationID, false) }
      let handle = try Handle(calls, "H5Gcreate2", of: group) {
        H5Gcreate2(root, group, cusp_defaults(), creationID, cusp_defaults())
      }
      try handle.close("H5Gclose", of: group) { H5Gclose($0) }
    }
  }

  /// Writes a dataset of 32-bit floats, row-major, of `shape`; the groups it lies in are created.
  ///
  /// - Precondition: `values` fill `shape`.
  public func write(_ values: [Float], shape: [Int], to name: String) throws {
    try write(values, shape: shape, to: name, type: cusp_float32(0), memory: cusp_native_float())
  }

  /// Writes a dataset of 64-bit integers, row-major, of `shape`; the groups it lies in are created.
  ///
  /// - Precondition: `values` fill `shape`.
  public func write(_ values: [Int64], shape: [Int], to name: String) throws {
    try write(values, shape: shape, to: name, type: cusp_int64(0), memory: cusp_native_int64())
  }

  /// Writes a dataset of bytes, row-major, of `shape`; the groups it lies in are created.
  ///
  /// - Precondition: `values` fill `shape`.
  public func write(_ values: [UInt8], shape: [Int], to name: String) throws {
    try write(values, shape: shape, to: name, type: cusp_uint8(0), memory: cusp_uint8(0))
  }

  /// Writes a dataset that is one string of any length; the groups it lies in are created.
  public func write(_ text: String, to name: String) throws {
    let type = try variableLengthString()
    let typeID = type.id
    try withDataset(name, shape: nil, type: typeID) { dataset in
      try withStringPointers([text]) { pointers in
        _ = try calls("H5Dwrite", of: name) { H5Dwrite(dataset, typeID, 0, 0, cusp_defaults(), pointers) }
      }
    }
  }

  /// Gives the group or dataset `object` (`/` for the file) the attribute `name`; each only once.
  public func setAttribute(_ name: String, of object: String, to value: HDF5Value) throws {
    switch value {
    case .string(let text): try setStrings([text], name, of: object, count: nil)
    case .strings(let texts): try setStrings(texts, name, of: object, count: texts.count)
    case .integer(let number):
      try setNumbers([number], name, of: object, count: nil, cusp_int64(0), cusp_native_int64())
    case .integers(let list):
      try setNumbers(list, name, of: object, count: list.count, cusp_int64(0), cusp_native_int64())
    case .float(let number):
      try setNumbers([number], name, of: object, count: nil, cusp_float64(0), cusp_native_double())
    case .floats(let list):
      try setNumbers(list, name, of: object, count: list.count, cusp_float64(0), cusp_native_double())
    }
  }
}

extension HDF5Writer {
  private func write<Element>(_ values: [Element], shape: [Int], to name: String, type: hid_t, memory: hid_t) throws {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
    try withDataset(name, shape: shape, type: type) { dataset in
      try values.withUnsafeBytes { bytes in
        guard let address = bytes.baseAddress, !bytes.isEmpty else { return }
        try calls("H5Dwrite", of: name) { H5Dwrite(dataset, memory, 0, 0, cusp_defaults(), address) }
      }
    }
  }

  /// Creates a dataset, a scalar one without `shape`, lets `fill` write it, and closes it with a check.
  private func withDataset(_ name: String, shape: [Int]?, type: hid_t, fill: (hid_t) throws -> Void) throws {
    try requireNoZero(name)
    try createGroup(name.split(separator: "/").dropLast().joined(separator: "/"))
    let space = try dataspace(shape)
    let creation = try Handle(calls, "H5Pcreate") { H5Pcreate(cusp_dataset_creation()) }
    let (root, spaceID, creationID) = (file.id, space.id, creation.id)
    try calls("H5Pset_obj_track_times") { H5Pset_obj_track_times(creationID, false) }
    let dataset = try Handle(calls, "H5Dcreate2", of: name) {
      H5Dcreate2(root, name, type, spaceID, cusp_defaults(), creationID, cusp_defaults())
    }
    try fill(dataset.id)
    try dataset.close("H5Dclose", of: name) { H5Dclose($0) }
  }

  private func dataspace(_ shape: [Int]?) throws -> Handle {
    guard let shape else { return try Handle(calls, "H5Screate") { H5Screate(H5S_SCALAR) } }
    let sizes = shape.map { hsize_t($0) }
    return try Handle(calls, "H5Screate_simple") {
      sizes.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(sizes.count), sizes, nil)
    }
  }

  private func variableLengthString() throws -> Handle {
    let type = try Handle(calls, "H5Tcopy") { H5Tcopy(cusp_c_string()) }
    let id = type.id
    try calls("H5Tset_size") { H5Tset_size(id, cusp_variable_length()) }
    try calls("H5Tset_cset") { H5Tset_cset(id, H5T_CSET_UTF8) }
    return type
  }

  private func setStrings(_ texts: [String], _ name: String, of object: String, count: Int?) throws {
    let type = try variableLengthString()
    try withStringPointers(texts) {
      try setAttribute(name, of: object, count: count, type: type.id, memory: type.id, from: $0)
    }
  }

  private func setNumbers<Number>(
    _ numbers: [Number], _ name: String, of object: String, count: Int?, _ type: hid_t, _ memory: hid_t
  ) throws {
    try numbers.withUnsafeBytes {
      try setAttribute(name, of: object, count: count, type: type, memory: memory, from: $0.baseAddress)
    }
  }

  private func setAttribute(
    _ name: String, of object: String, count: Int?, type: hid_t, memory: hid_t, from address: UnsafeRawPointer?
  ) throws {
    try requireNoZero(name)
    let root = file.id
    let owner = try Handle(calls, "H5Oopen", of: object) { H5Oopen(root, object, cusp_defaults()) }
    let space = try dataspace(count.map { [$0] })
    let (ownerID, spaceID) = (owner.id, space.id)
    let attribute = try Handle(calls, "H5Acreate2", of: "\(object)@\(name)") {
      H5Acreate2(ownerID, name, type, spaceID, cusp_defaults(), cusp_defaults())
    }
    let attributeID = attribute.id
    if let address, count != 0 {
      try calls("H5Awrite", of: "\(object)@\(name)") { H5Awrite(attributeID, memory, address) }
    }
    try attribute.close("H5Aclose", of: "\(object)@\(name)") { H5Aclose($0) }
    try owner.close("H5Oclose", of: object) { H5Oclose($0) }
  }

  /// C strings end at a zero byte: the rest would be lost without a word.
  private func requireNoZero(_ text: String) throws {
    guard !text.utf8.contains(0) else {
      throw Failure(.data, "\(calls.path): cannot write text with a zero byte; remove the byte")
    }
  }

  /// Calls `body` with the address of one C string pointer for each of `texts`.
  private func withStringPointers(_ texts: [String], _ body: (UnsafeRawPointer?) throws -> Void) throws {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      try requireNoZero(text)
      starts.append(bytes.count)
      bytes += text.utf8CString
    }
    try bytes.withUnsafeBufferPointer { buffer in
      let pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
      try pointers.withUnsafeBytes { try body($0.baseAddress) }
    }
  }
}
