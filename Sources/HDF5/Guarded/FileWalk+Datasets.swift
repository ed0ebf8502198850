internal import CHDF5
internal import Failures

extension FileWalk {
  /// Deflate, shuffle and the checksum: filters that are part of the library itself.
  private static let filters: [H5Z_filter_t] = [H5Z_filter_t(1), H5Z_filter_t(2), H5Z_filter_t(3)]

  /// Lists the dataset `name`, open as `dataset`; small values and what is not contiguous are read as well.
  mutating func listDataset(_ dataset: hid_t, name: String) throws {
    let creation = try Handle(calls, "H5Dget_create_plist", of: name) { H5Dget_create_plist(dataset) }
    let creationID = creation.id
    let layout = H5Pget_layout(creationID)
    guard layout != H5D_VIRTUAL else { throw refusal(name, "virtual datasets, made of other files, are not read") }
    guard try calls("H5Pget_external_count", of: name, { H5Pget_external_count(creationID) }) == 0 else {
      throw refusal(name, "its data are in another file, which is not read")
    }
    let type = try Handle(calls, "H5Dget_type", of: name) { H5Dget_type(dataset) }
    let space = try Handle(calls, "H5Dget_space", of: name) { H5Dget_space(dataset) }
    let (element, isBigEndian) = try elementType(type.id, of: dataset, name: name)
    let shape = try shape(of: space.id, name: name)
    guard let byteCount = product(shape, max(element.byteCount, 1)) else {
      throw refusal(name, "the shape \(shape) is impossible")
    }
    let dataset = Opened(
      id: dataset, name: name, type: type.id, space: space.id, element: element, byteCount: byteCount, layout: layout,
      filters: try filters(creationID, name: name), creation: creationID)
    answer.append(
      HDF5Dataset(
        name: name, element: element, isBigEndian: isBigEndian, shape: shape, storage: try storage(of: dataset)))
  }

  private struct Opened {
    let id: hid_t
    let name: String
    let type: hid_t
    let space: hid_t
    let element: HDF5ElementType
    let byteCount: Int
    let layout: H5D_layout_t
    let filters: [H5Z_filter_t]
    let creation: hid_t
  }

  private mutating func storage(of dataset: Opened) throws -> HDF5Dataset.Storage {
    let id = dataset.id
    if let filter = dataset.filters.first(where: { !Self.filters.contains($0) }) {
      return .refused("filter \(filter) is not supported; rewrite with h5repack -l CONTI -f NONE")
    }
    if dataset.element == .unsupported {
      return .refused("\(try elementKind(dataset.type, name: dataset.name)) are not read")
    }
    if dataset.element == .string {
      let value = try value(dataset.name, type: dataset.type, space: dataset.space) {
        H5Dread(id, $0, 0, 0, cusp_defaults(), $1)
      }
      return value.map { .value($0) } ?? .refused("no values")
    }
    if dataset.byteCount == 0 { return .decoded([]) }
    let stored = Int(clamping: H5Dget_storage_size(id))
    if stored == 0 { return try unwritten(dataset) }
    if dataset.layout == H5D_CONTIGUOUS {
      let offset = H5Dget_offset(id)
      guard stored == dataset.byteCount, offset != .max else {
        throw refusal(dataset.name, "declares \(dataset.byteCount) bytes but stores \(offset == .max ? 0 : stored)")
      }
      guard offset <= UInt64(fileSize), dataset.byteCount <= fileSize - Int(offset) else {
        throw refusal(dataset.name, "its data lie beyond the end of the file")
      }
      return .contiguous(offset: Int(offset))
    }
    guard stored > 0, stored <= fileSize, dataset.byteCount / 2000 <= stored else {
      throw refusal(dataset.name, "declares \(dataset.byteCount) bytes but stores \(stored)")
    }
    return try decoded(dataset)
  }

  /// Lists `elements`, counted row-major, of the chunked dataset `name` of `file`: a dataset of its own with one axis.
  mutating func unpack(_ elements: Range<Int>, of name: String, in file: hid_t) throws {
    let dataset = try Handle(calls, "H5Dopen2", of: name) { H5Dopen2(file, name, cusp_defaults()) }
    let id = dataset.id
    let type = try Handle(calls, "H5Dget_type", of: name) { H5Dget_type(id) }
    let space = try Handle(calls, "H5Dget_space", of: name) { H5Dget_space(id) }
    let (typeID, spaceID) = (type.id, space.id)
    let (element, isBigEndian) = try elementType(typeID, of: id, name: name)
    let shape = try shape(of: spaceID, name: name)
    guard element.byteCount > 0, elements.upperBound <= product(shape, 1) ?? 0 else {
      throw Failure(.data, "\(calls.path): \(GuardedChild.replaced)")
    }
    var content = [UInt8](repeating: 0, count: elements.count * element.byteCount)
    try reserve(content.count, for: name)
    var position = 0
    for slab in Slab.covering(elements, of: shape) {
      let (start, count) = (slab.start.map { hsize_t($0) }, slab.count.map { hsize_t($0) })
      var size = count.reduce(1, *)
      let memory = try Handle(calls, "H5Screate_simple", of: name) { H5Screate_simple(1, &size, nil) }
      let memoryID = memory.id
      try calls("H5Sselect_hyperslab", of: name) {
        H5Sselect_hyperslab(spaceID, H5S_SELECT_SET, start, nil, count, nil)
      }
      try content.withUnsafeMutableBytes { buffer in
        let address = buffer.baseAddress?.advanced(by: position)
        try calls("H5Dread", of: name) { H5Dread(id, typeID, memoryID, spaceID, cusp_defaults(), address) }
      }
      position += Int(size) * element.byteCount
    }
    answer.append(
      HDF5Dataset(
        name: name, element: element, isBigEndian: isBigEndian, shape: [elements.count], storage: .decoded(content)))
  }

  /// The fill values of a dataset that nobody wrote, through the library, as far as these are harmless.
  private mutating func unwritten(_ dataset: Opened) throws -> HDF5Dataset.Storage {
    var definition = H5D_FILL_VALUE_DEFAULT
    try calls("H5Pfill_value_defined", of: dataset.name) { H5Pfill_value_defined(dataset.creation, &definition) }
    guard definition != H5D_FILL_VALUE_UNDEFINED, dataset.byteCount <= Answer.unwrittenSum - unwrittenBytes else {
      throw refusal(dataset.name, "declares \(dataset.byteCount) bytes but stores 0")
    }
    unwrittenBytes += dataset.byteCount
    return try decoded(dataset)
  }

  /// Compact and chunked data, through the library, as far as the answer has room.
  private mutating func decoded(_ dataset: Opened) throws -> HDF5Dataset.Storage {
    guard dataset.byteCount <= Answer.decodedLimit, dataset.byteCount <= Answer.decodedSum - valueBytes else {
      return .packed
    }
    try reserve(dataset.byteCount, for: dataset.name)
    var content = [UInt8](repeating: 0, count: dataset.byteCount)
    try content.withUnsafeMutableBytes { buffer in
      guard let address = buffer.baseAddress else { return }
      try calls("H5Dread", of: dataset.name) {
        H5Dread(dataset.id, dataset.type, 0, 0, cusp_defaults(), address)
      }
    }
    return .decoded(content)
  }

  private func filters(_ creation: hid_t, name: String) throws -> [H5Z_filter_t] {
    let count = UInt32(try calls("H5Pget_nfilters", of: name) { H5Pget_nfilters(creation) })
    return try (0..<count).map { index in
      try calls("H5Pget_filter2", of: name) { H5Pget_filter2(creation, index, nil, nil, nil, 0, nil, nil) }
    }
  }

  private func shape(of space: hid_t, name: String) throws -> [Int] {
    guard H5Sget_simple_extent_type(space) != H5S_NULL else { return [0] }
    let rank = Int(try calls("H5Sget_simple_extent_ndims", of: name) { H5Sget_simple_extent_ndims(space) })
    var sizes = [hsize_t](repeating: 0, count: rank)
    try calls("H5Sget_simple_extent_dims", of: name) { H5Sget_simple_extent_dims(space, &sizes, nil) }
    return sizes.map { Int(clamping: $0) }
  }
}
