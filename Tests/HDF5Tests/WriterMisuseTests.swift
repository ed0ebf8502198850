import Failures
import Foundation
import HDF5
import TestSupport
import Testing

/// Numbers that look random, the same for the same seed.
private struct Source: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 31
  }
}

/// A random tree: datasets of every kind by name, and attributes by object.
private struct Tree {
  var floats: [(name: String, shape: [Int], bits: [UInt32])] = []
  var integers: [(name: String, shape: [Int], values: [Int64])] = []
  var bytes: [(name: String, shape: [Int], values: [UInt8])] = []
  var texts: [(name: String, text: String)] = []
  var attributes: [(object: String, name: String, value: HDF5Value)] = []

  init(seed: UInt64) {
    var source = Source(state: seed)
    let letters = ["a", "B", "\u{e9}", "\u{65e5}", " ", ".", "\u{1F600}", "\"", "\n", "0", "-"]
    func text(upTo length: Int) -> String {
      (0..<Int.random(in: 0...length, using: &source)).map { _ in letters.randomElement(using: &source) ?? "" }.joined()
    }
    for index in 0..<Int.random(in: 1...40, using: &source) {
      let folder = ["", "/g", "/g/h", "/other"].randomElement(using: &source) ?? ""
      let name = "\(folder)/\(index)\(text(upTo: 5))"
      let shape = (0..<Int.random(in: 0...4, using: &source)).map { _ in Int.random(in: 0...5, using: &source) }
      let count = shape.reduce(1, *)
      switch index % 4 {
      case 0: floats.append((name, shape, (0..<count).map { _ in .random(in: 0 ... .max, using: &source) }))
      case 1: integers.append((name, shape, (0..<count).map { _ in .random(in: .min ... .max, using: &source) }))
      case 2: bytes.append((name, shape, (0..<count).map { _ in .random(in: 0 ... .max, using: &source) }))
      default: texts.append((name, text(upTo: 3000)))
      }
      let numbers = (0..<Int.random(in: 0...20, using: &source)).map { _ in Int64.random(in: -9...9, using: &source) }
      let values: [HDF5Value] = [
        .string(text(upTo: 300)), .strings(numbers.map { "\($0)" }),
        .integer(.random(in: .min ... .max, using: &source)),
        .integers(numbers), .float(.random(in: -1...1, using: &source)), .floats(numbers.map { Double($0) / 3 }),
      ]
      for (number, value) in values.enumerated() where Bool.random(using: &source) {
        attributes.append((name, "\(number)\(text(upTo: 4))", value))
      }
    }
  }

  func write(to path: String) throws {
    let writer = try HDF5Writer(path: path)
    for each in floats { try writer.write(each.bits.map(Float.init(bitPattern:)), shape: each.shape, to: each.name) }
    for each in integers { try writer.write(each.values, shape: each.shape, to: each.name) }
    for each in bytes { try writer.write(each.values, shape: each.shape, to: each.name) }
    for each in texts { try writer.write(each.text, to: each.name) }
    for each in attributes { try writer.setAttribute(each.name, of: each.object, to: each.value) }
    try writer.close()
  }
}

@Suite("Random files we write")
struct RandomTreeTests {
  @Test("are the same bytes the second time, and read back in full", arguments: UInt64(1)...20)
  func trees(seed: UInt64) throws {
    let tree = Tree(seed: seed)
    try Fixture.withTemporaryFolder { folder in
      try tree.write(to: "\(folder)/a.h5")
      try Tree(seed: seed).write(to: "\(folder)/b.h5")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.h5"))
      let again = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/b.h5"))
      #expect(bytes == again)
      try expect(try HDF5Listing(path: "\(folder)/a.h5"), tree)
    }
  }

  private func expect(_ listing: HDF5Listing, _ tree: Tree) throws {
    let count = tree.floats.count + tree.integers.count + tree.bytes.count + tree.texts.count
    #expect(listing.datasets.count == count)
    for (name, shape, bits) in tree.floats {
      #expect(listing.dataset(name)?.shape == shape)
      #expect(try listing.readFloats(name).map(\.bitPattern) == bits, "\(name)")
    }
    for (name, shape, values) in tree.integers {
      #expect(listing.dataset(name)?.shape == shape)
      #expect(try listing.readInts(name) == values.map(Int.init), "\(name)")
    }
    for (name, shape, values) in tree.bytes {
      #expect(listing.dataset(name)?.shape == shape)
      #expect(try listing.readBytes(name) == values, "\(name)")
    }
    for (name, text) in tree.texts { #expect(try listing.readStrings(name) == [text], "\(name)") }
    for object in listing.datasets.map(\.name) {
      let own = tree.attributes.filter { $0.object == object }.map { ($0.name, $0.value) }
      #expect(listing.attributes(of: object) == Dictionary(uniqueKeysWithValues: own), "\(object)")
    }
  }

  @Test("may hold thousands of groups, sorted by name")
  func manyGroups() throws {
    try Fixture.withTemporaryFolder { folder in
      let names = (0..<3000).map { "/group/\($0 &* 7919 % 3000)" }
      let writer = try HDF5Writer(path: "\(folder)/a.h5")
      for name in names { try writer.createGroup(name) }
      try writer.close()
      let groups = try HDF5Listing(path: "\(folder)/a.h5").groups
      #expect(groups == ["/", "/group"] + names.sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) })
    }
  }
}

@Suite("Misuse of the writer")
struct WriterMisuseTests {
  /// What `body` ends with on a writer of a new file, which has the dataset `/a` and the group `/g`.
  private func ending(_ body: (borrowing HDF5Writer) throws -> Void) throws -> Failure? {
    try Fixture.withTemporaryFolder { folder in
      let writer = try HDF5Writer(path: "\(folder)/a.h5", named: "model.h5")
      try writer.write([1] as [Float], shape: [1], to: "/a")
      try writer.createGroup("/g")
      var failure: Failure?
      do { try body(writer) } catch let caught as Failure { failure = caught }
      try writer.close()
      // Whatever was refused, what was there before is not lost.
      let listing = try HDF5Listing(path: "\(folder)/a.h5")
      #expect(try listing.readFloats("/a") == [1])
      return failure
    }
  }

  @Test("a name that is taken is refused, in a line that names the file and the object")
  func taken() throws {
    for failure in [
      try ending { try $0.write([2] as [Float], shape: [1], to: "/a") },
      try ending { try $0.write("text", to: "/a") },
    ] {
      #expect(failure?.kind == .inputOutput)
      #expect(failure?.message.hasPrefix("model.h5: /a: cannot write: ") == true)
      #expect(failure?.message.hasSuffix(" (H5Dcreate2)") == true)
      #expect(failure?.message.contains("\n") == false)
    }
    let group = try ending { try $0.write([2] as [Float], shape: [1], to: "/g") }
    #expect(group?.message.hasPrefix("model.h5: /g: cannot write: ") == true)
  }

  @Test("a dataset is no group")
  func inside() throws {
    let failure = try ending { try $0.write([2] as [Float], shape: [1], to: "/a/b") }
    #expect(failure?.message.hasPrefix("model.h5: /a/b: cannot write: ") == true)
    #expect(try ending { try $0.createGroup("/a/b") }?.message.hasPrefix("model.h5: /a/b: cannot write: ") == true)
  }

  @Test("a group that is there already is left as it is")
  func sameGroup() throws {
    #expect(try ending { try $0.createGroup("/g") } == nil)
    #expect(try ending { try $0.createGroup("/") } == nil)
    #expect(try ending { try $0.createGroup("g/h/") } == nil)
  }

  @Test("an attribute is set once, and only on what is there")
  func attributes() throws {
    let twice = try ending { writer in
      try writer.setAttribute("x", of: "/a", to: .integer(1))
      try writer.setAttribute("x", of: "/a", to: .string("2"))
    }
    #expect(twice?.message.hasPrefix("model.h5: /a@x: cannot write: ") == true)
    #expect(twice?.message.hasSuffix(" (H5Acreate2)") == true)
    let nowhere = try ending { try $0.setAttribute("x", of: "/nowhere", to: .integer(1)) }
    #expect(nowhere?.message.hasPrefix("model.h5: /nowhere: cannot write: ") == true)
  }

  @Test("an attribute of numbers longer than the oldest layout takes is refused")
  func longAttribute() throws {
    let longest = HDF5Value.integers([Int64](repeating: 7, count: 8000))
    #expect(try ending { try $0.setAttribute("x", of: "/a", to: longest) } == nil)
    let longer = HDF5Value.integers([Int64](repeating: 7, count: 8200))
    let failure = try ending { try $0.setAttribute("x", of: "/a", to: longer) }
    #expect(failure?.message.hasPrefix("model.h5: /a@x: cannot write: ") == true)
  }

  @Test("text and names with a zero byte, and no name at all, are refused")
  func zeroBytes() throws {
    let reason = Failure(.data, "model.h5: cannot write text with a zero byte; remove the byte")
    #expect(try ending { try $0.write("a\0b", to: "/text") } == reason)
    #expect(try ending { try $0.setAttribute("x", of: "/a", to: .string("\0")) } == reason)
    #expect(try ending { try $0.setAttribute("x", of: "/a", to: .strings(["a", "b\0"])) } == reason)
    #expect(try ending { try $0.setAttribute("x\0y", of: "/a", to: .integer(1)) } == reason)
    #expect(try ending { try $0.createGroup("/b\0c") } == reason)
    #expect(try ending { try $0.write([1] as [Float], shape: [1], to: "/b\0c") } == reason)
    for name in ["", "/"] {
      #expect(try ending { try $0.write([1] as [Float], shape: [1], to: name) } != nil, "\(name)")
    }
  }

  @Test("numbers that do not fill the shape are a programmer's error")
  func counts() async {
    await #expect(processExitsWith: .failure) {
      let writer = try HDF5Writer(path: "/dev/null")
      try writer.write([1, 2, 3] as [Float], shape: [2, 2], to: "/a")
    }
  }

  @Test("a file over the limit of its size is an error of the disk")
  func sizeLimit() async {
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      try Fixture.withTemporaryFolder { folder in
        var limit = rlimit(rlim_cur: 1 << 16, rlim_max: 1 << 16)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #expect(throws: Failure(.inputOutput, "a.h5: File too large; allow larger files by `ulimit -f`, and run again"))
        {
          let writer = try HDF5Writer(path: "\(folder)/a.h5", named: "a.h5")
          try writer.write([Float](repeating: 1, count: 1 << 16), shape: [1 << 16], to: "/a")
          try writer.close()
        }
      }
    }
  }

  @Test("a writer that is dropped leaves no descriptor open")
  func dropped() async {
    await #expect(processExitsWith: .success) {
      try Fixture.withTemporaryFolder { folder in
        func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        try writeSample(to: "\(folder)/a.h5")
        let before = try descriptors()
        for _ in 0..<5 {
          let writer = try HDF5Writer(path: "\(folder)/b.h5")
          try writer.write([1] as [Float], shape: [1], to: "/a")
        }
        try writeSample(to: "\(folder)/a.h5")
        #expect(try descriptors() == before)
      }
    }
  }
}
