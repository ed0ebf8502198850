import Datasets
import Failures
import TestSupport
import Testing

@Suite("Names of data sets")
struct ReferenceTests {
  @Test(
    "A name is read, and its description is the name",
    arguments: [
      ("digits", DatasetReference.digits, "digits"), ("mnist:a/b", .folder(.mnist, path: "a/b"), "mnist"),
      ("fashion:/x", .folder(.fashion, path: "/x"), "fashion"),
      ("cifar10:.", .folder(.cifar10, path: "."), "cifar10"),
      ("cifar100:a:b", .folder(.cifar100, path: "a:b"), "cifar100"), ("a/b.c.npz", .npz(path: "a/b.c.npz"), "b.c"),
      ("b.h5", .hdf5(path: "b.h5"), "b"), ("/b.hdf5", .hdf5(path: "/b.hdf5"), "b"),
      ("canvas:40:mnist:a:b", .canvas(side: 40, of: .folder(.mnist, path: "a:b")), "mnist"),
      ("canvas:9:a/b.npz", .canvas(side: 9, of: .npz(path: "a/b.npz")), "b"),
    ])
  func reads(text: String, reference: DatasetReference, name: String) throws {
    #expect(try DatasetReference(text) == reference)
    #expect(reference.description == text)
    #expect(reference.name == name)
  }

  @Test("Anything else is refused with the choices", arguments: ["", "imagenet", "digits:x", "x:mnist", "a.npy", ":"])
  func refuses(text: String) {
    let choices = "digits, mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR, FILE.npz or FILE.h5"
    expectFailure(.usage, "\"\(text)\": not a data set; choose \(choices)") { _ = try DatasetReference(text) }
  }

  @Test("A family without a folder is refused", arguments: ["mnist", "cifar10:"])
  func noFolder(text: String) {
    expectFailure(.usage, "\(text): names no folder; write ") { _ = try DatasetReference(text) }
  }

  @Test("A limit keeps the first images; one below 1 is refused")
  func limits() throws {
    #expect(try load("digits", .test, limit: 7).indices == 0..<7)
    #expect(try load("digits", .test, limit: 1000).indices == 0..<360)
    for limit in [0, -1] { expectFailure(.usage, "a limit of \(limit)") { _ = try load("digits", limit: limit) } }
  }
}
