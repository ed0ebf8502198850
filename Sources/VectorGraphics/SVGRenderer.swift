public import Failures
public import ImageFiles

/// Draws SVG documents by librsvg and cairo, which are loaded when they are needed.
///
/// Both take documents from anybody; those here come from this package.
public struct SVGRenderer {
  private typealias Pointer = UnsafeMutableRawPointer
  private typealias Writer = @convention(c) (Pointer?, UnsafePointer<UInt8>?, UInt32) -> Int32

  private let svg: LoadedLibrary
  private let cairo: LoadedLibrary
  private let objects: LoadedLibrary

  /// Loads the libraries.
  ///
  /// - Throws: `Failure(.noInput)` where one is missing, with what to install.
  public init() throws(Failure) {
    let brew = "/opt/homebrew/lib/"
    svg = try LoadedLibrary(["librsvg-2.so.2", brew + "librsvg-2.2.dylib"])
    cairo = try LoadedLibrary(["libcairo.so.2", brew + "libcairo.2.dylib"])
    objects = try LoadedLibrary(["libgobject-2.0.so.0", brew + "libgobject-2.0.0.dylib"])
  }

  /// `document` as a PNG file of this many pixels.
  ///
  /// - Throws: `Failure(.internal)` where the libraries refuse it, `Failure(.usage)` for a size beyond theirs.
  public func png(_ document: [UInt8], width: Int, height: Int) throws(Failure) -> [UInt8] {
    let write: @convention(c) (Pointer?, Writer?, Pointer?) -> Int32 = try cairo.function(
      "cairo_surface_write_to_png_stream")
    let surface = try raster(document, width: width, height: height)
    let output = Output()
    let status = write(surface, append, Unmanaged.passUnretained(output).toOpaque())
    try release(surface)
    guard status == 0 else { throw Failure(.internal, "cairo: status \(status) while writing PNG; write an .svg") }
    return output.bytes
  }

  /// `document` as so many pixels, those of the PNG file; white where the document leaves them clear.
  ///
  /// - Throws: as `png(_:width:height:)`.
  public func pixels(_ document: [UInt8], width: Int, height: Int) throws(Failure) -> PixelImage {
    let flush: @convention(c) (Pointer?) -> Void = try cairo.function("cairo_surface_flush")
    let data: @convention(c) (Pointer?) -> Pointer? = try cairo.function("cairo_image_surface_get_data")
    let rowBytes: @convention(c) (Pointer?) -> Int32 = try cairo.function("cairo_image_surface_get_stride")
    let surface = try raster(document, width: width, height: height)
    flush(surface)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    let stride = Int(rowBytes(surface))
    if let start = data(surface) {
      for y in 0..<height {
        for x in 0..<width {
          // A word of alpha, red, green and blue, the colours multiplied by alpha already.
          let word = start.load(fromByteOffset: y * stride + 4 * x, as: UInt32.self)
          let clear = 255 - (word >> 24)
          for shift: UInt32 in [16, 8, 0] { pixels.append(UInt8(min(255, (word >> shift & 255) + clear))) }
        }
      }
    }
    try release(surface)
    guard pixels.count == 3 * width * height else { throw Failure(.internal, "cairo: no pixels; write an .svg") }
    return PixelImage(width: width, height: height, channels: 3, pixels: pixels)
  }

  /// `document` as a PDF file of this many points, the same bytes every time.
  ///
  /// - Throws: as `png(_:width:height:)`.
  public func pdf(_ document: [UInt8], width: Double, height: Double) throws(Failure) -> [UInt8] {
    let create: @convention(c) (Writer?, Pointer?, Double, Double) -> Pointer? = try cairo.function(
      "cairo_pdf_surface_create_for_stream")
    let describe: @convention(c) (Pointer?, Int32, UnsafePointer<CChar>?) -> Void = try cairo.function(
      "cairo_pdf_surface_set_metadata")
    let output = Output()
    // The output lives until the surface is finished, within `withExtendedLifetime`.
    let surface = create(append, Unmanaged.passUnretained(output).toOpaque(), width, height)
    // Key 5 is the date of creation, which would be now.
    describe(surface, 5, "2020-01-01T00:00:00Z")
    do {
      try draw(document, on: surface, width: width, height: height)
    } catch {
      try? release(surface)
      throw error
    }
    try release(surface)
    return withExtendedLifetime(output) { output.bytes }
  }

  /// A surface of so many pixels with `document` on it.
  private func raster(_ document: [UInt8], width: Int, height: Int) throws(Failure) -> Pointer? {
    guard (1...16_000).contains(width), (1...16_000).contains(height) else {
      throw Failure(.usage, "--size: \(width)x\(height) pixels; a PNG has at most 16000 in each direction")
    }
    let create: @convention(c) (Int32, Int32, Int32) -> Pointer? = try cairo.function("cairo_image_surface_create")
    // Format 0: 32 bits a pixel, with alpha.
    let surface = create(0, Int32(width), Int32(height))
    do {
      try draw(document, on: surface, width: Double(width), height: Double(height))
    } catch {
      try? release(surface)
      throw error
    }
    return surface
  }

  private func draw(_ document: [UInt8], on surface: Pointer?, width: Double, height: Double) throws(Failure) {
    let read: @convention(c) (UnsafePointer<UInt8>?, Int, Pointer?) -> Pointer? = try svg.function(
      "rsvg_handle_new_from_data")
    let render: @convention(c) (Pointer?, Pointer?, UnsafePointer<Double>?, Pointer?) -> Int32 = try svg.function(
      "rsvg_handle_render_document")
    let context: @convention(c) (Pointer?) -> Pointer? = try cairo.function("cairo_create")
    let destroy: @convention(c) (Pointer?) -> Void = try cairo.function("cairo_destroy")
    let unreference: @convention(c) (Pointer?) -> Void = try objects.function("g_object_unref")
    guard let handle = document.withUnsafeBufferPointer({ read($0.baseAddress, $0.count, nil) }) else {
      throw Failure(.internal, "librsvg does not read our SVG; write an .svg and report it")
    }
    defer { unreference(handle) }
    let drawing = context(surface)
    defer { destroy(drawing) }
    // `RsvgRectangle`: four doubles.
    let viewport = [0, 0, width, height]
    guard viewport.withUnsafeBufferPointer({ render(handle, drawing, $0.baseAddress, nil) }) != 0 else {
      throw Failure(.internal, "librsvg does not draw our SVG; write an .svg and report it")
    }
  }

  /// Finishes and frees a surface.
  private func release(_ surface: Pointer?) throws(Failure) {
    let finish: @convention(c) (Pointer?) -> Void = try cairo.function("cairo_surface_finish")
    let destroy: @convention(c) (Pointer?) -> Void = try cairo.function("cairo_surface_destroy")
    finish(surface)
    destroy(surface)
  }
}

/// The bytes that cairo has written.
private final class Output {
  var bytes: [UInt8] = []
}

/// What cairo calls with each piece.
private func append(
  _ closure: UnsafeMutableRawPointer?, _ piece: UnsafePointer<UInt8>?, _ count: UInt32
) -> Int32 {
  guard let closure, let piece else { return 0 }
  let output = Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue()
  output.bytes.append(contentsOf: UnsafeBufferPointer(start: piece, count: Int(count)))
  return 0
}
