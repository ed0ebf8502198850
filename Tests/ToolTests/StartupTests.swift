import TestSupport
import Testing

/// What programs with an engine have OpenMP find when oneDNN brings it.
@Suite struct StartupTests {
  /// How long idle threads look for work, in OpenMP's own words; empty where it was not loaded.
  private func spinning(_ variables: String = "", engine: String = "auto") throws -> String {
    let model = try TrainedModel.digits.get().path
    let outcome = try bash(
      """
      unset GOMP_SPINCOUNT OMP_WAIT_POLICY
      export OMP_DISPLAY_ENV=verbose \(variables)
      cusp-attack '\(model)' --quiet --limit 1 --steps 1 --engine \(engine) 2>&1 > /dev/null | grep -o "GOMP_SPINCOUNT = .*"
      """)
    return outcome.text
  }

  #if os(Linux) && CUSP_ONEDNN
    @Test("Idle threads are told to sleep before OpenMP is loaded")
    func bounded() throws { #expect(try spinning() == "GOMP_SPINCOUNT = '1000'\n") }

    @Test(
      "What the user has chosen stays",
      arguments: [("GOMP_SPINCOUNT=7", "7"), ("GOMP_SPINCOUNT=", "300000"), ("OMP_WAIT_POLICY=active", "30000000000")])
    func chosen(variable: String, found: String) throws {
      #expect(try spinning(variable) == "GOMP_SPINCOUNT = '\(found)'\n")
    }
  #endif

  #if os(Linux)
    @Test("The portable engine brings no OpenMP")
    func portable() throws { #expect(try spinning(engine: "portable") == "") }
  #endif
}
