internal import CHDF5

extension FileWalk {
  /// Lists the attributes of `object`; those that are neither numbers nor text by what they are called.
  mutating func listAttributes(of object: hid_t, name: String) throws {
    var names: [String] = []
    try withUnsafeMutablePointer(to: &names) { pointer in
      _ = try calls("H5Aiterate2", of: name) {
        H5Aiterate2(
          object, H5_INDEX_NAME, H5_ITER_INC, nil,
          { _, name, _, context in
            guard let name, let names = context?.assumingMemoryBound(to: [String].self) else { return -1 }
            names.pointee.append(String(cString: name))
            return names.pointee.count > Answer.objectLimit ? 1 : 0
          }, pointer)
      }
    }
    if let twin = firstRepeated(names) { throw refusal("\(name)@\(twin)", "two attributes have this name") }
    for attributeName in names {
      let label = "\(name)@\(attributeName)"
      try count(label)
      let attribute = try Handle(calls, "H5Aopen", of: label) { H5Aopen(object, attributeName, cusp_defaults()) }
      let id = attribute.id
      let type = try Handle(calls, "H5Aget_type", of: label) { H5Aget_type(id) }
      let space = try Handle(calls, "H5Aget_space", of: label) { H5Aget_space(id) }
      let value = try value(label, type: type.id, space: space.id) { H5Aread(id, $0, $1) }
      answer.append(value == nil ? Answer.Tag.unreadAttribute : .attribute)
      answer.append(name)
      answer.append(attributeName)
      if let value {
        answer.append(value)
      } else {
        let isEmpty = H5Sget_simple_extent_type(space.id) == H5S_NULL
        answer.append(try isEmpty ? "nothing" : elementKind(type.id, name: label))
      }
    }
  }

  /// What `read` gives for the stored `type` and `space`; nil if that is neither numbers nor text.
  ///
  /// `read` gets the type in memory and where to put the elements.
  mutating func value(
    _ name: String, type: hid_t, space: hid_t, read: (hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> HDF5Value? {
    let points = Int(try calls("H5Sget_simple_extent_npoints", of: name) { H5Sget_simple_extent_npoints(space) })
    let isScalar = H5Sget_simple_extent_type(space) == H5S_SCALAR
    guard H5Sget_simple_extent_type(space) != H5S_NULL else { return nil }
    switch H5Tget_class(type) {
    case H5T_INTEGER, H5T_ENUM:
      let numbers: [Int64] = try elements(points, of: name, repeating: 0) { read(cusp_native_int64(), $0) }
      return isScalar ? numbers.first.map { .integer($0) } : .integers(numbers)
    case H5T_FLOAT:
      let numbers: [Double] = try elements(points, of: name, repeating: 0) { read(cusp_native_double(), $0) }
      return isScalar ? numbers.first.map { .float($0) } : .floats(numbers)
    case H5T_STRING:
      let isVariable = try calls("H5Tis_variable_str", of: name) { H5Tis_variable_str(type) } > 0
      let texts =
        try isVariable
        ? variableStrings(name, points, type: type, read: read) : fixedStrings(name, points, type: type, read: read)
      return isScalar ? texts.first.map { .string($0) } : .strings(texts)
    default: return nil
    }
  }

  private mutating func elements<Element>(
    _ count: Int, of name: String, repeating zero: Element, read: (UnsafeMutableRawPointer) -> herr_t
  ) throws -> [Element] {
    guard let bytes = product([count], MemoryLayout<Element>.stride) else {
      throw refusal(name, "an impossible number of elements")
    }
    try reserve(bytes, for: name)
    var elements = [Element](repeating: zero, count: count)
    try elements.withUnsafeMutableBytes { buffer in
      guard let address = buffer.baseAddress, count > 0 else { return }
      try calls("H5Aread or H5Dread", of: name) { read(address) }
    }
    return elements
  }

  private mutating func fixedStrings(
    _ name: String, _ count: Int, type: hid_t, read: (hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    let size = H5Tget_size(type)
    guard size > 0, let bytes = product([count], size) else { throw refusal(name, "strings of an impossible size") }
    let content: [UInt8] = try elements(bytes, of: name, repeating: 0) { read(type, $0) }
    let isSpacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
    return (0..<count).map { index in
      var text = content[index * size..<(index + 1) * size].prefix { $0 != 0 }
      while isSpacePadded, text.last == 0x20 { text.removeLast() }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// The library allocates the strings; nobody frees them, as the child ends soon.
  private mutating func variableStrings(
    _ name: String, _ count: Int, type: hid_t, read: (hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    let memory = try Handle(calls, "H5Tcopy", of: name) { H5Tcopy(cusp_c_string()) }
    let memoryID = memory.id
    try calls("H5Tset_size", of: name) { H5Tset_size(memoryID, cusp_variable_length()) }
    try calls("H5Tset_cset", of: name) { H5Tset_cset(memoryID, H5Tget_cset(type)) }
    let pointers: [UnsafePointer<CChar>?] = try elements(count, of: name, repeating: nil) { read(memoryID, $0) }
    return try pointers.map { pointer in
      guard let pointer else { return "" }
      let text = String(cString: pointer)
      try reserve(text.utf8.count, for: name)
      return text
    }
  }
}
