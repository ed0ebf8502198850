import Datasets
import Failures
import Files
import Foundation
import ImageFiles
import Tensors
import TestSupport
import Testing

@Suite("Folders of images")
struct ImageFolderTests {
  /// A folder as torchvision's `ImageFolder` lists it.
  private struct Tree: Decodable {
    struct Sample: Decodable {
      let path: String
      let label: Int

      init(from decoder: any Decoder) throws {
        var fields = try decoder.unkeyedContainer()
        (path, label) = (try fields.decode(String.self), try fields.decode(Int.self))
      }
    }

    let paths, classes: [String]
    let samples: [Sample]
  }

  private struct Images: Decodable { let tree: Tree }

  /// Makes folders with copies of files of the fixtures by their paths; a path that ends in a slash is a folder.
  private func fill(_ folder: String, _ files: KeyValuePairs<String, String>) throws {
    for (path, source) in files {
      let place = "\(folder)/\(path)"
      let parent = path.hasSuffix("/") ? place : String(place[..<(place.lastIndex(of: "/") ?? place.endIndex)])
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      guard !path.hasSuffix("/") else { continue }
      try write([UInt8](Fixture.data("images/\(source)")), to: place)
    }
  }

  @Test("Classes and images come in the order of torchvision, whatever their names are")
  func order() throws {
    let tree = try JSONDecoder().decode(Images.self, from: Fixture.data("images/expected.json")).tree
    try Fixture.withTemporaryFolder { folder in
      for path in tree.paths { try fill(folder, [path: "grey-8.png"]) }
      let found = try ImageFolder(path: folder)
      // Texts that only look alike are equal in Swift, and not as names of files.
      #expect(found.classNames.map { Array($0.utf8) } == tree.classes.map { Array($0.utf8) })
      #expect(found.entries.map(\.label) == tree.samples.map(\.label))
      #expect(found.entries.map { Array($0.path.utf8) } == tree.samples.map { Array("\(folder)/\($0.path)".utf8) })
      let images = try load("folder:\(folder)", .test)
      #expect(images.count == tree.samples.count && images.imageShape == [1, 9, 13])
      #expect(images.indices.map(images.label(of:)) == tree.samples.map(\.label))
      #expect(images.classNames == found.classNames)
      #expect(try Set(DatasetReference("folder:\(folder)").inputFiles) == Set(found.entries.map(\.path)))
    }
  }

  @Test("Pixels are the files' own: grey where all are, else colours")
  func pixels() throws {
    try Fixture.withTemporaryFolder { folder in
      try fill(folder, ["a/1.png": "grey-8.png", "b/2.png": "grey-1.png"])
      #expect(try load("folder:\(folder)").imageShape == [1, 9, 13])
      try fill(folder, ["b/3.png": "palette-4.png"])
      let images = try load("folder:\(folder)")
      #expect(images.imageShape == [3, 9, 13] && images.count == 3)
      for (index, name) in ["grey-8.png", "grey-1.png", "palette-4.png"].enumerated() {
        let planes = try ImageFile(path: Fixture.path("images/\(name)")).pixels().converted(toChannels: 3).planes
        #expect(images.pixelValues(of: index) == planes.map { Float($0) / 255 })
      }
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
      #expect(names.count == 5)
    }
  }

  @Test("Images become what a model takes, or the size that is named")
  func sizes() throws {
    try Fixture.withTemporaryFolder { folder in
      try fill(folder, ["a/1.png": "size-37x23.png", "a/2.png": "size-23x37.png", "b/3.jpg": "grey.jpg"])
      expectFailure(.data, "2.png: has 23x37 pixels, expected 37x23; name a size, as in folder:224:DIR") {
        _ = try load("folder:\(folder)")
      }
      for (text, shape, wanted) in [
        ("folder:\(folder)", Shape([3, 12, 12]), Shape([3, 12, 12])), ("folder:\(folder)", [1, 8, 8], [1, 8, 8]),
        ("folder:7/10:\(folder)", [3, 12, 12], [3, 7, 7]), ("folder:9:\(folder)", nil, [3, 9, 9]),
        ("canvas:14:folder:9:\(folder)", [3, 14, 14], [3, 14, 14]),
      ] as [(String, Shape?, Shape)] {
        let images = try DatasetReference(text).load(split: .test, for: shape)
        #expect(images.imageShape == wanted && images.count == 3, "\(text)")
      }
      let file = try ImageFile(path: "\(folder)/a/2.png").pixels()
      let expected = try file.fitted(#require(ImageFit(side: 7, of: 10))).planes
      #expect(try load("folder:7/10:\(folder)").pixelValues(of: 1) == expected.map { Float($0) / 255 })
      let wide = try DatasetReference("folder:\(folder)")
      expectFailure(.data, "2.png: has 23x37 pixels, expected 37x23; give it that size") {
        _ = try wide.load(split: .test, for: [3, 23, 37])
      }
      expectFailure(.data, "the model takes images of 4 channels, and image files have 1 or 3") {
        _ = try wide.load(split: .test, for: [4, 8, 8])
      }
    }
  }

  @Test("A limit reads no more files than it asks for")
  func limits() throws {
    try Fixture.withTemporaryFolder { folder in
      try fill(folder, ["a/1.png": "grey-8.png", "a/2.png": "damaged/checksum.png", "b/": "", "c/3.png": "grey-8.png"])
      let first = try load("folder:\(folder)", limit: 1)
      #expect(first.count == 1 && first.classNames == ["a", "b", "c"])
      expectFailure(.data, "\(folder)/a/2.png: damaged PNG: ") { _ = try load("folder:\(folder)") }
    }
  }

  @Test("Folders called train and test, or val, are the splits; any others are classes")
  func splits() throws {
    for name in ["test", "val"] {
      try Fixture.withTemporaryFolder { folder in
        try fill(
          folder,
          [
            "train/a/1.png": "grey-8.png", "train/b/2.png": "grey-8.png", "\(name)/a/1.png": "grey-1.png",
            "x": "grey.jpg",
          ])
        #expect(try load("folder:\(folder)", .train).count == 2)
        #expect(try load("folder:\(folder)", .test).count == 1)
        #expect(try DatasetReference("folder:\(folder)").loadAll().map(\.split) == [.train, .test])
        #expect(try DatasetReference("folder:\(folder)").inputFiles.count == 3)
        try fill(folder, ["bus/1.png": "grey-8.png"])
        let images = try load("folder:\(folder)", .test)
        #expect(images.classNames == ["bus", name, "train"].sorted() && images.count == 4)
        #expect(try DatasetReference("folder:\(folder)").loadAll().count == 1)
      }
    }
  }

  @Test("One file is an image of the class that is named")
  func single() throws {
    let path = Fixture.path("images/size-37x23.png")
    let reference = try DatasetReference("image:3:\(path)")
    let images = try reference.load(split: .test, for: [3, 12, 12])
    #expect(images.count == 1 && images.label(of: 0) == 3 && images.classNames.count == 4)
    #expect(images.name == "size-37x23" && images.imageShape == [3, 12, 12])
    #expect(try reference.load(split: .train).imageShape == [3, 23, 37])
    #expect(reference.inputFiles == [path] && reference.outputFiles.isEmpty)
    expectFailure(.noInput, "none.png: no such file") { _ = try load("image:0:none.png") }
  }

  @Test("Folders that are none of classes, and formats that are not read, say what is wrong")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      expectFailure(.noInput, "\(folder)/none: no such file") { _ = try load("folder:\(folder)/none") }
      try fill(folder, ["1.png": "grey-8.png"])
      expectFailure(.noInput, "\(folder): holds no folders, expected one a class") { _ = try load("folder:\(folder)") }
      try fill(folder, ["a/notes": "grey-8.png", "b/": ""])
      expectFailure(.data, "no folder in it holds an image that ends in .png, .jpg, .jpeg") {
        _ = try load("folder:\(folder)")
      }
      try fill(folder, ["a/1.PNG": "grey-8.png", "b/x.webp": "grey-8.png"])
      expectFailure(.data, "b/x.webp: images are read from PNG and JPEG alone; convert it to PNG") {
        _ = try load("folder:\(folder)")
      }
      try FileManager.default.removeItem(atPath: "\(folder)/b")
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/a/again", withDestinationPath: ".")
      expectFailure(.data, "more than 32 folders in each other; does a link lead back?") {
        _ = try load("folder:\(folder)")
      }
      for part in [DatasetReference.images(path: folder, fit: nil), .image(path: "\(folder)/1.png", label: 0)] {
        expectFailure(.usage, "is only read") { try part.write([load("digits")]) }
      }
    }
  }

  @Test("More images than memory should hold are refused before they are read")
  func memory() throws {
    try Fixture.withTemporaryFolder { folder in
      try fill(folder, ["a/1.png": "grey-8.png"])
      for number in 2...300 {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/a/\(number).png", withDestinationPath: "\(folder)/a/1.png")
      }
      #expect(try load("folder:8:\(folder)").count == 300)
      let part = "\(folder): 300 images [1x8192x8192] are more than 16384 MiB; take fewer by --limit, or smaller ones"
      expectFailure(.data, part) { _ = try load("folder:8192:\(folder)") }
    }
  }
}
