import Failures
import Ranks
import Testing

@Suite("MPI as a library that is loaded") struct MPILibraryTests {
  /// A library that every process has, and that is no MPI.
  private static let other = ["libm.so.6", "libSystem.B.dylib"]
  private typealias Function = @convention(c) () -> Int32

  @Test("None to be found is told with what to install")
  func absence() {
    let line = "no MPI is here; install Open MPI (Debian: apt install openmpi-bin, macOS: brew install open-mpi)"
    #expect(throws: Failure(.noInput, line)) { try MPILibrary(["libcusp-none.so.1"]) }
  }

  @Test("The first that is here is taken; one that lacks a function is told by name")
  func otherLibrary() throws {
    let library = try MPILibrary(["libcusp-none.so.1"] + Self.other)
    do {
      _ = try library.function("MPI_Irecv", as: Function.self)
      Issue.record("found")
    } catch {
      #expect(error.kind == .noInput)
      #expect(error.message.hasSuffix(": has no MPI_Irecv; install Open MPI 3 or newer"))
    }
    #expect(throws: Failure.self) { try library.version() }
  }

  @Test("Handles of Open MPI are the addresses that it exports, and without them it is none")
  func addresses() throws {
    let names = [
      "ompi_mpi_comm_world", "ompi_mpi_byte", "ompi_mpi_float", "ompi_mpi_op_sum", "ompi_mpi_info_null",
      "ompi_mpi_errors_return",
    ]
    func address(_ name: String) -> UnsafeMutableRawPointer? {
      names.firstIndex(of: name).flatMap { UnsafeMutableRawPointer(bitPattern: 4096 * ($0 + 1)) }
    }
    let made = try #require(MPIConstants(addresses: address))
    let handles = [made.world, made.byte, made.float, made.sum, made.noInformation, made.errorsReturn]
    #expect(handles == [4096, 8192, 12288, 16384, 20480, 24576])
    for missing in names { #expect(MPIConstants { $0 == missing ? nil : address($0) } == nil, "\(missing)") }
  }
}
