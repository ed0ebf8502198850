internal import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A C library that is found when it is needed, not when this package is built: most figures do without.
struct LoadedLibrary {
  private let handle: UnsafeMutableRawPointer
  private let name: String

  /// The first of `names` that the system has.
  ///
  /// It stays loaded.
  /// - Throws: `Failure(.noInput)` that says what to install.
  init(_ names: [String]) throws(Failure) {
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        (self.handle, self.name) = (handle, name)
        return
      }
    }
    throw Failure(
      .noInput,
      "\(names[0]) is not here, which draws PNG, PDF and graphics in terminals; install it (Debian: apt install librsvg2-2, macOS: brew install "
        + "librsvg), or write an .svg")
  }

  /// The function `symbol` as `Function`, which must be a `@convention(c)` type with the library's signature.
  ///
  /// - Throws: `Failure(.noInput)` where the library is too old to have it.
  func function<Function>(_ symbol: String, as type: Function.Type = Function.self) throws(Failure) -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw Failure(.noInput, "\(name): has no \(symbol); install librsvg 2.46 and cairo 1.16 or newer")
    }
    return unsafeBitCast(address, to: type)
  }
}
