#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a launcher of parallel jobs says of this process in its environment, before anybody has spoken to it.
public struct Launch: Hashable, Sendable {
  /// Which of the processes this is, from 0.
  public let rank: Int
  /// How many processes were started; nil where the launcher does not say.
  public let count: Int?
  /// Whether the launcher speaks MPI with the processes, so that they can find each other.
  public let speaks: Bool
  /// Whether it speaks as MPICH does, and not as Open MPI.
  package let isOfMPICH: Bool

  /// What `variable` tells of a launch; nil where it tells of none.
  package init?(_ variable: (String) -> String?) {
    func number(_ names: [String]) -> Int? { names.compactMap { variable($0).flatMap { Int($0) } }.first }
    let own = number(["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"])
    // Slurm starts processes that speak MPI, and others.
    guard let rank = own ?? (variable("SLURM_STEP_NUM_TASKS") == nil ? nil : number(["SLURM_PROCID"])) else {
      return nil
    }
    (self.rank, speaks) = (rank, own != nil)
    isOfMPICH = own != nil && number(["OMPI_COMM_WORLD_RANK", "PMIX_RANK"]) == nil
    count = number(["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"])
  }

  /// What the environment of this process tells.
  public static let current = Launch { name in getenv(name).map { String(cString: $0) } }

  /// Whether this process answers for all where a command line is wrong, or asks for help: all were given the same.
  public static var isSpeaker: Bool { current?.rank ?? 0 == 0 }
}
