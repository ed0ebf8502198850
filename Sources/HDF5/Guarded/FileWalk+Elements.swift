internal import CHDF5

extension FileWalk {
  /// What the elements of the type `type` are, those of the dataset or attribute open as `object`.
  func elementType(
    _ type: hid_t, of object: hid_t, name: String
  ) throws -> (HDF5ElementType, isBigEndian: Bool) {
    switch H5Tget_class(type) {
    case H5T_STRING: return (.string, false)
    case H5T_ENUM:
      let base = try Handle(calls, "H5Tget_super", of: name) { H5Tget_super(type) }
      return try elementType(base.id, of: object, name: name)
    case H5T_OPAQUE: return (try isMarkedBrainFloat(type, of: object, name: name) ? .bfloat16 : .unsupported, false)
    case H5T_INTEGER, H5T_FLOAT: break
    default: return (.unsupported, false)
    }
    for isBigEndian in [false, true] {
      for element in HDF5ElementType.allCases {
        guard let known = element.identifier(bigEndian: isBigEndian) else { continue }
        if try calls("H5Tequal", of: name, { H5Tequal(type, known) }) > 0 { return (element, isBigEndian) }
      }
    }
    return (shortFloat(type) ?? .unsupported, H5Tget_order(type) == H5T_ORDER_BE)
  }

  /// The floating-point types of 16 bits, for which the library has no names of its own, by their fields; nil for others.
  private func shortFloat(_ type: hid_t) -> HDF5ElementType? {
    var (sign, exponent, exponentBits, fraction, fractionBits) = (0, 0, 0, 0, 0)
    guard H5Tget_class(type) == H5T_FLOAT, H5Tget_size(type) == 2,
      H5Tget_fields(type, &sign, &exponent, &exponentBits, &fraction, &fractionBits) >= 0
    else { return nil }
    return switch ([sign, exponent, exponentBits, fraction, fractionBits], H5Tget_ebias(type)) {
    case ([15, 10, 5, 0, 10], 15): .float16
    case ([15, 7, 8, 0, 7], 127): .bfloat16
    default: nil
    }
  }

  /// Whether `type` is two bytes of which the attribute `dtype` says that they are a `bfloat16`: so does Keras write them
  /// where h5py knows of no such numbers.
  private func isMarkedBrainFloat(_ type: hid_t, of object: hid_t, name: String) throws -> Bool {
    guard H5Tget_size(type) == 2, H5Iget_type(object) == H5I_DATASET,
      try calls("H5Aexists", of: name, { H5Aexists(object, "dtype") }) > 0
    else { return false }
    let attribute = try Handle(calls, "H5Aopen", of: name) { H5Aopen(object, "dtype", cusp_defaults()) }
    let id = attribute.id
    let attributeType = try Handle(calls, "H5Aget_type", of: name) { H5Aget_type(id) }
    let space = try Handle(calls, "H5Aget_space", of: name) { H5Aget_space(id) }
    // A copy, since the text counts where attributes are listed.
    var reader = self
    let text = try reader.value(name, type: attributeType.id, space: space.id) { H5Aread(id, $0, $1) }
    return text == .string("bfloat16")
  }

  /// What elements of the type `type`, which are not read, are called.
  func elementKind(_ type: hid_t, name: String) throws -> String {
    let bits = H5Tget_precision(type)
    switch H5Tget_class(type) {
    case H5T_INTEGER: return "integers of \(bits) bits in this layout"
    case H5T_FLOAT: return "floating-point numbers of \(bits) bits in this layout"
    case H5T_ENUM:
      let base = try Handle(calls, "H5Tget_super", of: name) { H5Tget_super(type) }
      return try elementKind(base.id, name: name)
    case H5T_COMPOUND: return isComplex(type) ? "complex numbers" : "records"
    case H5T_BITFIELD: return "bit fields"
    case H5T_OPAQUE: return "opaque bytes"
    case H5T_REFERENCE: return "references"
    case H5T_VLEN: return "lists of varying length"
    case H5T_ARRAY: return "elements that are arrays"
    case H5T_TIME: return "times"
    default: return "elements of this kind"
    }
  }

  /// Whether the record `type` is a complex number as h5py writes it: two floating-point numbers `r` and `i`.
  private func isComplex(_ type: hid_t) -> Bool {
    guard H5Tget_nmembers(type) == 2 else { return false }
    return zip(["r", "i"], UInt32(0)...1).allSatisfy { name, index in
      guard H5Tget_member_class(type, index) == H5T_FLOAT, let text = H5Tget_member_name(type, index) else {
        return false
      }
      defer { H5free_memory(text) }
      return String(cString: text) == name
    }
  }
}
