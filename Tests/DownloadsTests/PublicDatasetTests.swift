import Testing

@testable import Downloads

/// The table of public data sets.
@Suite("Public data sets")
struct PublicDatasetTests {
  @Test("Every name is there once, and finds its data set")
  func names() {
    let names = PublicDataset.all.map(\.name)
    #expect(
      names.sorted()
        == ["cifar10", "cifar100", "cifar10-c", "emnist", "fashion", "kmnist", "mnist", "svhn"].sorted())
    for name in names { #expect(PublicDataset(name)?.name == name) }
    #expect(PublicDataset("MNIST") == nil && PublicDataset("") == nil)
  }

  @Test("Files are known by whole digests, no two by the same", arguments: PublicDataset.all)
  func digests(dataset: PublicDataset) {
    #expect(!dataset.files.isEmpty && dataset.byteCount > 1 << 20 && !dataset.title.isEmpty)
    var seen: Set<String> = []
    for file in dataset.files {
      for digest in [file.digest, file.contentDigest].compactMap({ $0 }) {
        #expect(digest.utf8.count == 32 && digest.allSatisfy { $0.isHexDigit && !$0.isUppercase }, "\(file.name)")
        #expect(seen.insert(digest).inserted, "\(file.name)")
      }
      // A name is one file of the folder that it goes to.
      #expect(!file.name.isEmpty && !file.name.contains("/") && !file.name.hasPrefix("."), "\(file.name)")
    }
  }

  @Test("A publisher's address is one of the web, a mirror's is the name below it", arguments: PublicDataset.all)
  func addresses(dataset: PublicDataset) throws {
    for file in dataset.files {
      let address = dataset.address(of: file, mirror: nil)
      #expect(address.hasPrefix("https://") || address.hasPrefix("http://"), "\(address)")
      #expect(address.contains(file.name) && !address.contains(" "), "\(address)")
      for mirror in ["http://127.0.0.1:8000", "http://127.0.0.1:8000/"] {
        #expect(dataset.address(of: file, mirror: mirror) == "http://127.0.0.1:8000/\(file.name)")
      }
    }
  }
}
