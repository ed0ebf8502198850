import TestSupport
import Testing

/// What programs with an engine put into their own environment.
@Suite struct StartupTests {
  /// What the running service has in its environment of OpenMP's, then its name and its last argument.
  private func settings(_ variables: String = "") throws -> [String] {
    let model = try TrainedModel.digits.get().path
    let outcome = try bash(
      """
      unset GOMP_SPINCOUNT OMP_WAIT_POLICY
      coproc service { exec env \(variables) cusp-serve "\(model)" --quiet --threads 1; }
      pid=$service_PID
      read -r ready <&"${service[0]}"
      tr '\\0' '\\n' < /proc/$pid/environ | grep -E '^(GOMP_SPINCOUNT|OMP_WAIT_POLICY)='
      cat /proc/$pid/comm
      tr '\\0' '\\n' < /proc/$pid/cmdline | tail -n 1
      kill $pid
      """)
    return outcome.text.split(separator: "\n").map(String.init)
  }

  #if os(Linux) && CUSP_ONEDNN
    @Test("Idle threads are told to sleep, and the program keeps its name and arguments")
    func bounded() throws { #expect(try settings() == ["GOMP_SPINCOUNT=1000", "cusp-serve", "1"]) }

    @Test(
      "What the user has chosen stays", arguments: ["GOMP_SPINCOUNT=7", "OMP_WAIT_POLICY=active", "GOMP_SPINCOUNT="])
    func chosen(variable: String) throws { #expect(try settings(variable) == [variable, "cusp-serve", "1"]) }
  #elseif os(Linux)
    @Test("Without oneDNN nothing is set")
    func nothing() throws { #expect(try settings() == ["cusp-serve", "1"]) }
  #endif
}
