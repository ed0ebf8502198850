/// Products of small blocks of two matrices, held in registers.
///
/// Multiplications and additions are written apart: a fused one is a library call on processors the compiler cannot
/// assume to have it.
package enum Tiles {
  /// The rows of an outer tile.
  package static let rows = 6
  /// The columns of an outer tile, and the width of a packed panel.
  package static let columns = 8
  /// The rows that an inner tile takes from its left and from its right matrix.
  package static let (left, right) = (3, 4)

  /// Writes `tile[6, 8] = transpose(a) * b` of `a` `[depth, 6]` and `b` `[depth, 8]`.
  @inline(__always)
  package static func outer(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, depth: Int, into tile: UnsafeMutablePointer<Float>
  ) {
    var (r0, r1, r2) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
    var (r3, r4, r5) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
    var (a, b) = (a, b)
    for _ in 0..<depth {
      let columns = load8(b)
      r0 += columns * a[0]
      r1 += columns * a[1]
      r2 += columns * a[2]
      r3 += columns * a[3]
      r4 += columns * a[4]
      r5 += columns * a[5]
      a += rows
      b += Tiles.columns
    }
    store8(r0, tile)
    store8(r1, tile + 8)
    store8(r2, tile + 16)
    store8(r3, tile + 24)
    store8(r4, tile + 32)
    store8(r5, tile + 40)
  }

  /// Writes `tile[3, 4] = a * transpose(b)` of three rows of `a` and four of `b`, `depth` long, a multiple of 4, and
  /// `stride` apart.
  @inline(__always)
  package static func inner(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, stride: Int, depth: Int,
    into tile: UnsafeMutablePointer<Float>
  ) {
    var (s00, s01, s02, s03) = (SIMD4<Float>(), SIMD4<Float>(), SIMD4<Float>(), SIMD4<Float>())
    var (s10, s11, s12, s13) = (SIMD4<Float>(), SIMD4<Float>(), SIMD4<Float>(), SIMD4<Float>())
    var (s20, s21, s22, s23) = (SIMD4<Float>(), SIMD4<Float>(), SIMD4<Float>(), SIMD4<Float>())
    var i = 0
    while i < depth {
      let (a0, a1, a2) = (load4(a + i), load4(a + stride + i), load4(a + 2 * stride + i))
      let b0 = load4(b + i)
      s00 += a0 * b0
      s10 += a1 * b0
      s20 += a2 * b0
      let b1 = load4(b + stride + i)
      s01 += a0 * b1
      s11 += a1 * b1
      s21 += a2 * b1
      let b2 = load4(b + 2 * stride + i)
      s02 += a0 * b2
      s12 += a1 * b2
      s22 += a2 * b2
      let b3 = load4(b + 3 * stride + i)
      s03 += a0 * b3
      s13 += a1 * b3
      s23 += a2 * b3
      i += 4
    }
    store4(SIMD4(s00.sum(), s01.sum(), s02.sum(), s03.sum()), tile)
    store4(SIMD4(s10.sum(), s11.sum(), s12.sum(), s13.sum()), tile + 4)
    store4(SIMD4(s20.sum(), s21.sum(), s22.sum(), s23.sum()), tile + 8)
  }

  @inline(__always)
  static func load8(_ p: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  static func load4(_ p: UnsafePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always)
  static func store8(_ value: SIMD8<Float>, _ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: value, as: SIMD8<Float>.self)
  }

  @inline(__always)
  static func store4(_ value: SIMD4<Float>, _ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: value, as: SIMD4<Float>.self)
  }
}
