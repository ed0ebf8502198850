#if CUSP_MPI
  import CMessagePassing
  import Failures

  /// The ranks of an MPI job; one a process, used by one thread.
  final class MPIMessenger: Messenger {
    let rank, count, countHere: Int

    /// Joins the job that this process was started for.
    ///
    /// - Throws: `Failure` (`internal`) with what the library says.
    init() throws {
      var numbers: (rank: Int32, count: Int32, here: Int32) = (0, 1, 1)
      try check(cusp_mpi_start())
      try check(cusp_mpi_rank(&numbers.rank))
      try check(cusp_mpi_count(&numbers.count))
      try check(cusp_mpi_count_here(&numbers.here))
      (rank, count, countHere) = (Int(numbers.rank), Int(numbers.count), Int(numbers.here))
    }

    func exchange(
      _ sent: UnsafeRawBufferPointer, _ received: UnsafeMutableRawBufferPointer, with partner: Int
    ) throws {
      try check(cusp_mpi_exchange(sent.baseAddress, received.baseAddress, Int32(sent.count), Int32(partner)))
    }

    func sum(_ values: UnsafeMutableBufferPointer<Float>) throws {
      try check(cusp_mpi_sum(values.baseAddress, Int32(values.count)))
    }

    func leave() { _ = cusp_mpi_leave() }

    func abort(status: Int32) { cusp_mpi_abort(status) }
  }

  private func check(_ error: Int32) throws {
    guard error != 0 else { return }
    var text = [CChar](repeating: 0, count: Int(cusp_mpi_text_size) + 1)
    cusp_mpi_describe(error, &text)
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    throw Failure(.inputOutput, "MPI: \(String(decoding: bytes, as: UTF8.self)); go on with --resume")
  }
#endif
