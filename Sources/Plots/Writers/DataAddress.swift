internal import Records

/// The address of `bytes` of the media type `type` that holds them itself, by RFC 2397 in base 64: what a document of one file
/// needs no other for.
public func dataAddress(of bytes: [UInt8], type: String) -> String {
  "data:\(type);base64,\(Base64.encode(bytes))"
}
