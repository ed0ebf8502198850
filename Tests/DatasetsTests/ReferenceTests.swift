import Datasets
import Failures
import ImageFiles
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
      ("folder:a/b", .images(path: "a/b", fit: nil), "b"), ("folder:.", .images(path: ".", fit: nil), "folder"),
      ("folder:224:a:b/", .images(path: "a:b/", fit: ImageFit(side: 224)), "a:b"),
      ("folder:224/256:/x", .images(path: "/x", fit: ImageFit(side: 224, of: 256)), "x"),
      ("folder:./224:x", .images(path: "./224:x", fit: nil), "224:x"),
      ("folder:x1:y", .images(path: "x1:y", fit: nil), "x1:y"),
      ("image:281:a/cat:1.jpg", .image(path: "a/cat:1.jpg", label: 281), "cat:1"),
      ("canvas:9:folder:8:d", .canvas(side: 9, of: .images(path: "d", fit: ImageFit(side: 8))), "d"),
      ("canvas:9:a/b.npz", .canvas(side: 9, of: .npz(path: "a/b.npz")), "b"),
    ])
  func reads(text: String, reference: DatasetReference, name: String) throws {
    #expect(try DatasetReference(text) == reference)
    #expect(reference.description == text)
    #expect(reference.name == name)
  }

  @Test("Anything else is refused with the choices", arguments: ["", "imagenet", "digits:x", "x:mnist", "a.npy", ":"])
  func refuses(text: String) {
    let choices =
      "digits, mnist:DIR, fashion:DIR, kmnist:DIR, emnist:DIR, cifar10:DIR, cifar100:DIR, svhn:DIR, folder:DIR, image:LABEL:FILE, "
      + "FILE.npz or FILE.h5"
    expectFailure(.usage, "\"\(text)\": not a data set; choose \(choices)") { _ = try DatasetReference(text) }
  }

  @Test("A family without a folder is refused", arguments: ["mnist:", "cifar10:"])
  func noFolder(text: String) {
    expectFailure(.usage, "\(text): names no folder; write ") { _ = try DatasetReference(text) }
  }

  @Test(
    "A folder without a path or with another size, and an image without a label or a file, are refused",
    arguments: [
      ("folder", "write folder:DIR, or with a size folder:224:DIR"), ("folder:", "write folder:DIR"),
      ("folder:224:", "write folder:DIR"), ("folder:0:d", "sizes are 224 pixels a side or 224/256"),
      ("folder:256/224:d", "sizes are"), ("folder:9000:d", "up to 8192"), ("image", "give an image the number"),
      ("image:x.png", "as in image:281:cat.jpg"), ("image:cat:x.png", "as in image:281:cat.jpg"),
      ("image:-1:x.png", "give an image"), ("image:65536:x.png", "give an image"), ("image:3:", "give an image"),
    ])
  func refusesImages(text: String, part: String) {
    expectFailure(.usage, part) { _ = try DatasetReference(text) }
    expectFailure(.usage, "\(text): ") { _ = try DatasetReference(text) }
  }

  @Test("A path that looks as if it began with a size is written so that it is read again")
  func likeSize() throws {
    for path in ["224:x", "7/8:x", "0:x"] {
      let text = DatasetReference.images(path: path, fit: nil).description
      #expect(try DatasetReference(text) == .images(path: "./\(path)", fit: nil))
    }
  }

  @Test("A limit keeps the first images; one below 1 is refused")
  func limits() throws {
    #expect(try load("digits", .test, limit: 7).indices == 0..<7)
    #expect(try load("digits", .test, limit: 1000).indices == 0..<360)
    for limit in [0, -1] { expectFailure(.usage, "a limit of \(limit)") { _ = try load("digits", limit: limit) } }
  }
}
