internal import CHDF5

/// The owner of one identifier of the library: of a file, group, dataset, attribute, type, space or property list.
struct Handle: ~Copyable {
  private(set) var id: hid_t
  private let calls: CheckedCalls

  /// Owns what the function `name` opens.
  ///
  /// The identifier is checked before it is stored: a throwing `init` whose properties are set runs `deinit`.
  init(_ calls: CheckedCalls, _ name: StaticString, of object: String? = nil, _ open: () -> hid_t) throws {
    let id = try calls(name, of: object, open)
    self.id = id
    self.calls = calls
  }

  /// Closes now, and reports what the library could not write out.
  consuming func close(_ name: StaticString, of object: String? = nil, by close: (hid_t) -> herr_t) throws {
    let closing = id
    id = -1
    try calls(name, of: object) { close(closing) }
  }

  deinit {
    let id = id
    if id >= 0 { calls.ignoringStatus { H5Idec_ref(id) } }
  }
}
