import Archives
import Checkpoints
import Failures
import Files
import HDF5
import Tensors

extension TensorFile {
  /// The most bytes of a tensor that is read whole because its elements are strewn over a storage, or in another order.
  private static let strewnLimit = 1 << 30

  /// Hands the elements of `tensor` to `body` as 32-bit floats, row-major, in parts of at most 1 MiB of the file.
  ///
  /// `float64` is rounded to the nearest; all other numbers come exactly.
  ///
  /// - Throws: `.data` naming the tensor if its elements are no real numbers, if an integer has no exact 32-bit float, or
  ///   if the file is damaged or does not have the tensor's SHA-256; what `body` throws.
  public func forEachPart(
    ofFloats tensor: StoredTensor, _ body: (UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    guard tensor.element.isReadable else {
      throw failure(
        tensor, "elements of kind \(tensor.element.rawValue) are not read; convert them where they come from")
    }
    var floats: [Float] = []
    var position = 0
    try forEachPart(of: tensor) { bytes in
      let count = bytes.count / tensor.element.size
      if floats.count < count { floats = [Float](repeating: 0, count: count) }
      try floats.withUnsafeMutableBufferPointer { buffer in
        let part = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
        do throws(InexactElement) {
          try tensor.element.convert(bytes, to: part)
        } catch {
          throw failure(tensor, "element \(position + error.position) is \(error.text), which no 32-bit float holds")
        }
        try body(UnsafeBufferPointer(part))
      }
      position += count
    }
  }

  /// All elements of `tensor` as 32-bit floats, row-major.
  ///
  /// - Throws: as `forEachPart(ofFloats:_:)`.
  public func floats(of tensor: StoredTensor) throws -> [Float] {
    var floats: [Float] = []
    floats.reserveCapacity(min(tensor.shape.count, byteCount))
    try forEachPart(ofFloats: tensor) { floats += $0 }
    return floats
  }

  /// Hands the bytes of `tensor` to `body`, row-major and little-endian, in parts of at most 1 MiB that cut no element.
  ///
  /// - Throws: `.data` if the file is damaged or the bytes do not have the tensor's SHA-256; what `body` throws.
  public func forEachPart(of tensor: StoredTensor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let digest = tensor.digest else { return try forEachUncheckedPart(of: tensor, body) }
    let found = ConcurrentDigest()
    try forEachUncheckedPart(of: tensor) { part in
      found.add(part)
      try body(part)
    }
    guard found.text == digest else {
      throw failure(tensor, "its bytes do not have its SHA-256; it is damaged")
    }
  }

  /// Reads the members of an archive that no tensor lies in, whose checksums have to be right, too.
  ///
  /// - Throws: `.data` if one is damaged.
  public func verifyOtherMembers() throws {
    if case .shards(let files) = content { return try files.forEach { try $0.verifyOtherMembers() } }
    guard case .archive(let archive, let verified) = content else { return }
    let read = Set(tensors.filter { $0.shape.count > 0 }.compactMap(\.location.entry?.name))
    for entry in archive.entries where !read.contains(entry.name) { try verified.verify(entry, of: archive) }
  }

  private func forEachUncheckedPart(of tensor: StoredTensor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch (tensor.location, content) {
    case (.bytes(let offset), .source(let source)):
      try source.forEachPart(of: offset..<offset + tensor.byteCount, body)
    case (.elsewhere(let source, let offset), _):
      try source.forEachPart(of: offset..<offset + tensor.byteCount, body)
    case (.entry(let entry, let skip), .archive(let archive, _)):
      var elements = WholeElements(size: tensor.element.size, skipping: skip)
      try archive.forEachPart(of: entry) { try elements.take($0, body) }
    case (.array(let entry, let header), .archive(let archive, _)):
      guard tensor.byteCount <= Self.strewnLimit else {
        throw failure(tensor, "its elements are in another order than C's; save numpy.ascontiguousarray(array)")
      }
      let ordered = header.ordered(try archive.contents(of: entry)[header.dataOffset...])
      try ordered.withUnsafeBytes { try forEachPart(of: $0, body) }
    case (.view(let view), _): try forEachPart(of: tensor, in: view, body)
    case (.dataset(let dataset), .listing(let listing)):
      try listing.withBytes(of: dataset.name, chunk: 1 << 20) { bytes in
        guard dataset.isBigEndian, tensor.element.size > 1 else { return try body(bytes) }
        var swapped = Array(bytes)
        for start in stride(from: 0, to: swapped.count, by: tensor.element.size) {
          swapped[start..<start + tensor.element.size].reverse()
        }
        try swapped.withUnsafeBytes(body)
      }
    case (.permuted(let inner, let order), _): try forEachPart(of: tensor, permuting: inner, order, body)
    case (.shard(let index, let inner), .shards(let files)): try files[index].forEachPart(of: inner, body)
    default: throw failure(tensor, "belongs to another file")
    }
  }

  /// Reads `tensor`, the elements of `inner` with its axes in the order `order`.
  private func forEachPart(
    of tensor: StoredTensor, permuting inner: StoredTensor, _ order: [Int],
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard tensor.byteCount <= Self.strewnLimit else {
      throw failure(tensor, "has more than \(Self.strewnLimit >> 20) MiB in another order")
    }
    var stored: [UInt8] = []
    stored.reserveCapacity(min(inner.byteCount, byteCount))
    try forEachPart(of: inner) { stored += $0 }
    let (sizes, strides) = (inner.shape.sizes, NumberArray.strides(inner.shape.sizes))
    let view = StorageView(storage: .bytes(0..<0), offset: 0, strides: order.map { strides[$0] })
    let ordered = [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, initialized in
      stored.withUnsafeBytes {
        view.gather(
          order.map { sizes[$0] }, size: tensor.element.size, from: $0, to: UnsafeMutableRawBufferPointer(buffer))
      }
      initialized = tensor.byteCount
    }
    try ordered.withUnsafeBytes { try forEachPart(of: $0, body) }
  }

  /// Reads a tensor that is a part of a storage, or all of it in another order.
  private func forEachPart(
    of tensor: StoredTensor, in view: StorageView, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let (sizes, size) = (tensor.shape.sizes, tensor.element.size)
    guard !sizes.contains(0), let span = StorageView.span(sizes, strides: view.strides) else { return }
    let range = view.offset * size..<(view.offset + span) * size
    let isContiguous = view.isContiguous(sizes)
    if isContiguous, case (.entry(let entry), .archive(let archive, _)) = (view.storage, content), entry.isStored,
      range == 0..<entry.size
    {
      // Its checksum is taken on the way.
      return try archive.forEachPart(of: entry, body)
    }
    if isContiguous, let (source, place) = try place(of: view.storage) {
      return try source.forEachPart(of: place + range.lowerBound..<place + range.upperBound, body)
    }
    guard range.count <= Self.strewnLimit, tensor.byteCount <= Self.strewnLimit else {
      throw failure(tensor, "its elements are strewn over more than \(Self.strewnLimit >> 20) MiB; save it contiguous")
    }
    let stored = try bytes(range, of: view.storage)
    if isContiguous { return try stored.withUnsafeBytes { try forEachPart(of: $0, body) } }
    let ordered = [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, initialized in
      stored.withUnsafeBytes { view.gather(sizes, size: size, from: $0, to: UnsafeMutableRawBufferPointer(buffer)) }
      initialized = tensor.byteCount
    }
    try ordered.withUnsafeBytes { try forEachPart(of: $0, body) }
  }

  /// The file and the byte of it where `storage` begins, if it lies there as it is.
  private func place(of storage: StorageView.Storage) throws -> (ByteSource, Int)? {
    switch (storage, content) {
    case (.bytes(let range), .source(let source)): return (source, range.lowerBound)
    case (.entry(let entry), .archive(let archive, let verified)) where entry.isStored:
      try verified.verify(entry, of: archive)
      return (archive.source, entry.packed.lowerBound)
    default: return nil
    }
  }

  private func bytes(_ range: Range<Int>, of storage: StorageView.Storage) throws -> [UInt8] {
    if let (source, place) = try place(of: storage) {
      return try source.bytes(place + range.lowerBound..<place + range.upperBound)
    }
    guard case (.entry(let entry), .archive(let archive, _)) = (storage, content) else {
      throw Failure(.internal, "\(path): a storage of another file")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(range.count, entry.packed.count * 1032))
    var position = 0
    try archive.forEachPart(of: entry) { part in
      let wanted = range.clamped(to: position..<position + part.count)
      bytes += part[wanted.lowerBound - position..<wanted.upperBound - position]
      position += part.count
    }
    return bytes
  }

  private func forEachPart(
    of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
      try body(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 1 << 20, bytes.count)]))
    }
  }

  func failure(_ tensor: StoredTensor, _ reason: String) -> Failure {
    Failure(.data, "\(path): \(printable(tensor.path)): \(reason)")
  }
}

/// Cuts a stream of bytes so that no element is torn, after a header.
private struct WholeElements {
  let size: Int
  private var skip: Int
  private var torn: [UInt8] = []

  init(size: Int, skipping skip: Int) { (self.size, self.skip) = (size, skip) }

  mutating func take(_ part: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var rest = part[min(skip, part.count)...]
    skip -= part.count - rest.count
    if !torn.isEmpty {
      let missing = rest.prefix(size - torn.count)
      torn += missing
      rest = rest.dropFirst(missing.count)
      guard torn.count == size else { return }
      try torn.withUnsafeBytes(body)
      torn = []
    }
    let whole = rest.prefix(rest.count / size * size)
    if !whole.isEmpty { try body(UnsafeRawBufferPointer(rebasing: whole)) }
    torn = Array(rest.dropFirst(whole.count))
  }
}
