/// What reading one file may cost.
package struct GuardLimits: Sendable {
  /// The seconds that all children for one answer may wait together, for anything but a processor, so that no program hangs
  /// over 5 s.
  package var waitingSeconds = 4
  /// The seconds by the clock after which no answer is waited for in any case: on a busy machine a child may get little of a
  /// processor, and is not hung.
  package var clockSeconds = 60
  /// The seconds of computation that a child is granted.
  package var computingSeconds = 3
  /// The bytes of memory that the child may use beyond what the process has.
  package var memoryBytes = 1 << 30
  /// The largest answer, in bytes; the parent reads no more.
  package var answerBytes = 256 << 20

  /// The limits of everyday use.
  package init() {}
}
