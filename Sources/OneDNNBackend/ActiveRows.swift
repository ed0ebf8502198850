/// How many images of an evaluation batch matter, from the first on: handwritten passes compute no others.
///
/// The library's kernels take whole batches, and whatever the others hold then. An image's numbers never depend on it.
final class ActiveRows {
  var count: Int

  /// All of a batch of `count` images.
  init(count: Int) { self.count = count }
}
