/// A file that a publisher offers.
public struct PublicFile: Hashable, Sendable {
  /// Its name, on the server and here.
  public let name: String
  /// Its MD5, 32 hexadecimal digits, as it is offered.
  public let digest: String
  /// The MD5 of what it holds, unpacked by gzip, by which a file that a mirror has packed anew is known; nil where it is
  /// not known.
  public let contentDigest: String?

  /// A file of its parts.
  package init(_ name: String, _ digest: String, holding contentDigest: String? = nil) {
    (self.name, self.digest, self.contentDigest) = (name, digest, contentDigest)
  }
}

/// A public data set: where its publisher offers it, and how its files are known.
///
/// Digests are those that torchvision and the publishers' own pages give.
public struct PublicDataset: Hashable, Sendable {
  /// How its files are packed, besides gzip of single ones.
  public enum Packing: Hashable, Sendable {
    /// They are read as they are.
    case plain
    /// A tar file, packed by gzip or not.
    case tar(isGZipped: Bool)
    /// A zip file.
    case zip
  }

  /// What it is called here.
  public let name: String
  /// What it is.
  public let title: String
  /// Where the publisher's files lie.
  public let address: String
  /// What follows a file's name in the publisher's addresses.
  let suffix: String
  /// The files.
  public let files: [PublicFile]
  /// How they are packed.
  public let packing: Packing
  /// Which files are unpacked, by how their names begin; empty for all.
  let wanted: [String]
  /// How many bytes are fetched.
  public let byteCount: Int

  /// A data set of its parts.
  package init(
    _ name: String, _ title: String, at address: String, suffix: String = "", _ files: [PublicFile],
    _ packing: Packing = .plain, wanted: [String] = [], bytes: Int
  ) {
    (self.name, self.title, self.address, self.suffix) = (name, title, address, suffix)
    (self.files, self.packing, self.wanted, byteCount) = (files, packing, wanted, bytes)
  }

  /// The data set called `name`.
  public init?(_ name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// The address of `file`, at the publisher's or below `mirror`.
  public func address(of file: PublicFile, mirror: String?) -> String {
    guard let mirror else { return address + file.name + suffix }
    return mirror + (mirror.hasSuffix("/") ? "" : "/") + file.name
  }

  /// Files as MNIST has them, by the digests of training and test images and labels.
  private static func idx(_ digests: [String], holding contents: [String?] = [nil, nil, nil, nil]) -> [PublicFile] {
    let names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    return zip(names, zip(digests, contents)).map { PublicFile("\($0)-ubyte.gz", $1.0, holding: $1.1) }
  }

  /// All that are known.
  public static let all: [PublicDataset] = [
    PublicDataset(
      "mnist", "28x28 hand-written digits, 70,000", at: "https://ossci-datasets.s3.amazonaws.com/mnist/",
      idx(
        [
          "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432", "9fb629c4189551a2d022fa330f9573f3",
          "ec29112dd5afa0611ce80d1b7f02629c",
        ],
        holding: [
          "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624", "2646ac647ad5339dbf082846283269ea",
          "27ae3e4e09519cfbb04c329615203637",
        ]), bytes: 11_594_722),
    PublicDataset(
      "fashion", "28x28 articles of clothing, 70,000",
      at: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      idx([
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe", "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
      ]), bytes: 30_878_645),
    PublicDataset(
      "kmnist", "28x28 cursive Japanese characters of 10 classes, 70,000",
      at: "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
      idx([
        "bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344", "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
      ]), bytes: 21_240_888),
    PublicDataset(
      "emnist", "28x28 letters and digits of 47 classes (balanced), 131,600",
      at: "https://biometrics.nist.gov/cs_links/EMNIST/",
      [PublicFile("gzip.zip", "58c8d27c78d21e728a6bc7b3cc06412e")], .zip, wanted: ["gzip/emnist-balanced-"],
      bytes: 561_753_746),
    PublicDataset(
      "cifar10", "3x32x32 photographs of 10 classes, 60,000", at: "https://www.cs.toronto.edu/~kriz/",
      [PublicFile("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")], .tar(isGZipped: true),
      bytes: 170_052_171),
    PublicDataset(
      "cifar100", "3x32x32 photographs of 100 classes, 60,000", at: "https://www.cs.toronto.edu/~kriz/",
      [PublicFile("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")], .tar(isGZipped: true),
      bytes: 168_513_733),
    PublicDataset(
      "svhn", "3x32x32 house numbers, 99,289", at: "http://ufldl.stanford.edu/housenumbers/",
      [
        PublicFile("train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
        PublicFile("test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
      ], bytes: 246_316_178),
    PublicDataset(
      "cifar10-c", "CIFAR-10's test images under 19 corruptions, each 5 times as severe",
      at: "https://zenodo.org/records/2535967/files/", suffix: "?download=1",
      [PublicFile("CIFAR-10-C.tar", "56bf5dcef84df0e2308c6dcbcbbd8499")], .tar(isGZipped: false), bytes: 2_918_471_680),
  ]
}
