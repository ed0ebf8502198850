import COneDNN

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The library underneath, which is loaded when it is first asked for: programs run without it, by other engines.
enum OneDNNLibrary {
  /// What the system calls the library that this was built for: each major version has a name. It looks in the folder
  /// that the build was pointed at, too.
  private static var fileName: String {
    #if canImport(Darwin)
      "@rpath/libdnnl.\(DNNL_VERSION_MAJOR).dylib"
    #else
      "libdnnl.so.\(DNNL_VERSION_MAJOR)"
    #endif
  }

  /// Why it cannot be used, in the system's words; nil where it can be. `CUSP_ONEDNN_LIBRARY` names another file.
  static let problem: String? = {
    let chosen = getenv("CUSP_ONEDNN_LIBRARY").map { String(cString: $0) } ?? ""
    return cusp_onednn_load(chosen.isEmpty ? fileName : chosen).map { String(cString: $0) }
  }()

  /// The function `name` of the library, or of the OpenMP that it brings, as `Function`, which must be a `@convention(c)`
  /// type with its signature; nil where there is none.
  static func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
    guard problem == nil else { return nil }
    return cusp_onednn_symbol(name).map { unsafeBitCast($0, to: type) }
  }
}
