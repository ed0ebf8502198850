/// What carries bytes between the ranks of a job: MPI, or whatever a test puts in its place.
///
/// Ranks call it in step: what one sends, its partner receives by the same call.
public protocol Messenger: AnyObject {
  /// Which of the ranks this is, from 0.
  var rank: Int { get }
  /// How many ranks there are.
  var count: Int { get }
  /// How many of them are on this machine.
  var countHere: Int { get }

  /// Whether threads of any kind may call this, one at a time.
  var servesAnyThread: Bool { get }
  /// Whether it is called beside a thread that computes, to which waiting is to leave the core.
  var isBesideWork: Bool { get set }

  /// Sends `sent` to the rank `partner`, and receives as many bytes from it.
  ///
  /// - Throws: `Failure` when the connection breaks.
  func exchange(
    _ sent: UnsafeRawBufferPointer, _ received: UnsafeMutableRawBufferPointer, with partner: Int) throws

  /// Replaces `values` by their sums over all ranks, in an order of its own.
  ///
  /// - Throws: `Failure` when the connection breaks.
  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws

  /// Leaves the job, as every rank does at its end.
  func leave()

  /// Ends the job for all ranks, with `status`.
  func abort(status: Int32)
}
