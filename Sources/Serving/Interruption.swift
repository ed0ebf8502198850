/// Why a computation ends before there is an answer.
enum Interruption: Error {
  /// Nobody wants the answer any more.
  case unwanted
  /// The service itself cannot go on.
  case failed(any Error)
}
