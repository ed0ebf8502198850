public import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// MPI, found when a job needs it and not when this package is built: no header is asked for, and programs start without.
public struct MPILibrary {
  /// Its file.
  private let name: String
  private let handle: UnsafeMutableRawPointer
  let constants: MPIConstants

  /// The library that `launch` is most likely of, or any that is here; it stays loaded.
  ///
  /// - Throws: `Failure` (`noInput`) that says what to install.
  public init(for launch: Launch? = .current) throws(Failure) {
    try self.init(launch?.isOfMPICH ?? false ? Self.mpich + Self.openMPI : Self.openMPI + Self.mpich)
  }

  /// The first of the files `names` that is here.
  package init(_ names: [String]) throws(Failure) {
    for name in names {
      // Open MPI's plugins look for its functions among those of the program.
      guard let handle = dlopen(name, RTLD_NOW | RTLD_GLOBAL) else { continue }
      (self.name, self.handle) = (name, handle)
      constants = MPIConstants(addresses: { dlsym(handle, $0) }) ?? .mpich
      return
    }
    throw Failure(
      .noInput, "no MPI is here; install Open MPI (Debian: apt install openmpi-bin, macOS: brew install open-mpi)")
  }

  /// Open MPI's library as its versions 3 to 5 have it.
  private static let openMPI = ["libmpi.so.40", "libmpi.40.dylib", "/opt/homebrew/lib/libmpi.40.dylib"]
  /// MPICH's, and those that agreed on its interface, as of Intel and Cray.
  private static let mpich = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib", "/opt/homebrew/lib/libmpi.12.dylib"]

  /// The function `symbol` as `Function`, which must be a `@convention(c)` type with the standard's signature.
  ///
  /// - Throws: `Failure` (`noInput`) where the file is no MPI of today.
  package func function<Function>(
    _ symbol: String, as type: Function.Type = Function.self
  ) throws(Failure) -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw Failure(.noInput, "\(name): has no \(symbol); install Open MPI 3 or newer")
    }
    return unsafeBitCast(address, to: type)
  }

  /// What the library calls itself, as in `Open MPI v4.1.4`, whether or not a job was started.
  ///
  /// - Throws: `Failure` where it does not say.
  public func version() throws -> String {
    typealias Version = @convention(c) (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
    let text = try text { try function("MPI_Get_library_version", as: Version.self)($0, $1) }
    let line = text.split(whereSeparator: { $0.isNewline || $0 == "," }).first ?? ""
    return line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// - Throws: `Failure` (`inputOutput`) with what the library says of `error`, unless that is 0.
  func check(_ error: Int32) throws {
    guard error != 0 else { return }
    typealias Describe = @convention(c) (Int32, UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
    let line = try text { try function("MPI_Error_string", as: Describe.self)(error, $0, $1) }
    throw Failure(.inputOutput, "MPI: \(line); go on with --resume")
  }

  /// The text that `write` leaves; the longest of any MPI is 8192 bytes.
  private func text(
    _ write: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) throws -> Int32
  ) throws -> String {
    var bytes = [CChar](repeating: 0, count: 8193)
    var length: Int32 = 0
    guard try write(&bytes, &length) == 0 else { return "error" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// What the header of an MPI says that the standard leaves to it.
///
/// Handles are addresses in Open MPI and integers of 32 bits in MPICH. Functions take either in a register, so both are numbers
/// as wide as one here, and so are addresses of nothing.
package struct MPIConstants: Sendable {
  package let world, byte, float, sum, noInformation, errorsReturn: UInt
  /// In place of the numbers to sum, where these are replaced; in place of a status that nobody asks for.
  let inPlace, noStatus: UInt
  /// The kind of a group of ranks that share memory.
  let sharedMemory: Int32

  /// Those of Open MPI, whose handles are addresses of what it exports; nil where that is not there.
  package init?(addresses: (String) -> UnsafeMutableRawPointer?) {
    func handle(_ symbol: String) -> UInt? { addresses(symbol).map { UInt(bitPattern: $0) } }
    guard let world = handle("ompi_mpi_comm_world"), let byte = handle("ompi_mpi_byte"),
      let float = handle("ompi_mpi_float"), let sum = handle("ompi_mpi_op_sum"),
      let noInformation = handle("ompi_mpi_info_null"), let errorsReturn = handle("ompi_mpi_errors_return")
    else { return nil }
    (self.world, self.byte, self.float, self.sum) = (world, byte, float, sum)
    (self.noInformation, self.errorsReturn) = (noInformation, errorsReturn)
    (inPlace, noStatus, sharedMemory) = (1, 0, 0)
  }

  /// Those of MPICH since 3.1, which it promised to keep.
  static let mpich = MPIConstants()

  private init() {
    (world, byte, float, sum) = (0x4400_0000, 0x4C00_010D, 0x4C00_040A, 0x5800_0003)
    (noInformation, errorsReturn) = (0x1C00_0000, 0x5400_0001)
    (inPlace, noStatus, sharedMemory) = (.max, 1, 1)
  }
}
