import Ranks
import TestSupport
import Testing

@Suite("How ranks were started") struct LaunchTests {
  @Test(
    "Launchers say who this is and of how many, and whether they speak MPI",
    arguments: [
      (["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "1"], 1, 4, true),
      (["PMIX_RANK": "3", "SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "8"], 3, 8, true),
      (["PMI_RANK": "0", "PMI_SIZE": "2"], 0, 2, true), (["PMIX_RANK": "0"], 0, nil, true),
      (["SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4"], 2, 4, false),
    ] as [([String: String], Int, Int?, Bool)])
  func variables(environment: [String: String], rank: Int, count: Int?, speaks: Bool) throws {
    let launch = try #require(Launch { environment[$0] })
    #expect(launch.rank == rank && launch.count == count && launch.speaks == speaks)
    #expect(launch.isOfMPICH == (environment["PMI_RANK"] != nil))
  }

  @Test(
    "A program that was started alone is told of no launch",
    arguments: [[:], ["SLURM_PROCID": "0"], ["OMPI_COMM_WORLD_RANK": "x"], ["PMI_SIZE": "4"]])
  func alone(environment: [String: String]) { #expect(Launch { environment[$0] } == nil) }

  @Test("How many cores a process may use is read from what Linux says")
  func cores() {
    #expect(Cores.allowed(by: "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n") == 8)
    #expect(Cores.allowed(by: "Cpus_allowed:\t1,00000003\n") == 3)
    for text in ["", "Cpus_allowed:\t\n", "Cpus_allowed:\tzz\n", "Cpus_allowed:\t0\n"] {
      #expect(Cores.allowed(by: text) == nil)
    }
    #expect((1...Cores.count).contains(Cores.allowed))
  }

  @Test("Too many threads for the cores are told of, those that fit are not")
  func threads() {
    func notes(_ threads: Int, allowed: Int = 8) -> [String] {
      (try? onRanks(4) { $0.notes(nil, threads: threads, allowed: allowed, cores: 8) }[0].get()) ?? []
    }
    #expect(notes(2).isEmpty && notes(1, allowed: 1).isEmpty)
    #expect(notes(4) == ["4 ranks of 4 threads are on a machine of 8 cores: give --threads 2"])
    #expect(
      notes(2, allowed: 1) == ["every rank has 2 threads on 1 of the cores: give mpirun --bind-to none, or --threads 1"]
    )
    #expect(RankGroup().notes(nil, threads: 64, allowed: 1, cores: 1).isEmpty)
  }

  @Test("Processes that do not find each other are told so, once")
  func apart() throws {
    func notes(_ environment: [String: String]) -> [String] {
      RankGroup().notes(Launch { environment[$0] }, threads: 1, allowed: 1, cores: 1)
    }
    let told = notes(["SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "4"])
    #expect(told.count == 1 && told[0].hasPrefix("4 processes were started, and each trains by itself: "))
    #expect(notes(["SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "4"]).isEmpty)
    #expect(notes(["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"]).isEmpty)
  }
}
