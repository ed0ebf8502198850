import Failures

extension RankGroup {
  /// What people should know of how `launch` started this process and others, where each rank computes with so many `threads`:
  /// that they train apart, or share too few cores. Of all ranks the first is asked.
  ///
  /// - Parameters:
  ///   - allowed: how many cores this process may use.
  ///   - cores: how many cores this machine has.
  public func notes(_ launch: Launch?, threads: Int, allowed: Int, cores: Int) -> [String] {
    guard !isAlone else {
      guard let launch, let started = launch.count, started > 1, launch.rank == 0 else { return [] }
      return ["\(started) processes were started, and each trains by itself: \(Self.reason(launch))"]
    }
    if threads > allowed {
      return [
        "every rank has \(threads) threads on \(allowed) of the cores: give mpirun --bind-to none, or --threads \(allowed)"
      ]
    }
    guard countHere * threads > cores else { return [] }
    let share = max(1, cores / countHere)
    guard share < threads else { return [] }
    return ["\(countHere) ranks of \(threads) threads are on a machine of \(cores) cores: give --threads \(share)"]
  }

  private static func reason(_ launch: Launch) -> String {
    guard launch.speaks else { return "give srun --mpi=pmix, or take mpirun" }
    do {
      return "their launcher is of another MPI than \(try MPILibrary(for: launch).version())"
    } catch {
      return (error as? Failure)?.message ?? "\(error)"
    }
  }
}
