import COneDNN

extension Layout {
  /// As the field writes it: axes from the outermost inwards, blocked ones in capitals, then the blocks: `nChw16c`.
  var text: String {
    let sizes = sizes
    let names = Array(["n", "nc", "ncw", "nchw", "goihw"].first { $0.count == sizes.count } ?? "abcdefghijkl")
    guard let strides = cusp_memory_desc_strides(handle) else { return "opaque" }
    var (blocks, axes): (UnsafePointer<dnnl_dim_t>?, UnsafePointer<dnnl_dim_t>?) = (nil, nil)
    let count = Int(cusp_memory_desc_blocks(handle, &blocks, &axes))
    let inner = (0..<count).compactMap { index -> (axis: Int, size: Int)? in
      guard let blocks, let axes else { return nil }
      return (Int(axes[index]), Int(blocks[index]))
    }
    // Of axes with equal strides, as those of size 1 may have, the first stays outside.
    let outer = sizes.indices.sorted { (strides[$0], -$0) > (strides[$1], -$1) }.map { axis in
      inner.contains { $0.axis == axis } ? names[axis].uppercased() : String(names[axis])
    }
    return outer.joined() + inner.map { "\($0.size)\(names[$0.axis])" }.joined()
  }
}
