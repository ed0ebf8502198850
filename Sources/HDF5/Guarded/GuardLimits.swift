/// What reading one file may cost.
package struct GuardLimits: Sendable {
  /// The seconds that a file may take.
  package var waitingSeconds = 15
  /// The seconds of computation that the child is granted, so that no program hangs over 5 s on a machine with other work.
  package var computingSeconds = 3
  /// The bytes of memory that the child may use beyond what the process has.
  package var memoryBytes = 1 << 30
  /// The largest answer, in bytes; the parent reads no more.
  package var answerBytes = 256 << 20

  /// The limits of everyday use.
  package init() {}
}
