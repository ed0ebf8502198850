import Archives
import Foundation
import ImageFiles
import Records
import TestSupport
import Testing

/// `cusp-data` as a process: what it lists, tells, shows, makes and fetches.
@Suite struct DataToolTests {
  private let tool = BuiltTool("cusp-data")

  private func run(_ words: [String], cache: String = "/nowhere", folder: String? = nil) throws -> BuiltTool.Outcome {
    try tool.run(words, environment: ["XDG_CACHE_HOME": cache, "no_proxy": "127.0.0.1"], folder: folder)
  }

  @Test("Help lists the verbs, and without one it is said what to give")
  func verbs() throws {
    let help = try tool.run(["--help"])
    #expect(help.status == 0)
    for verb in ["list", "info", "fetch", "head", "make"] {
      #expect(help.text.contains("\n  \(verb) "), "\(verb)")
      let own = try tool.run([verb, "--help"])
      #expect(own.status == 0 && own.text.contains("USAGE: cusp-data \(verb)"))
    }
    let nothing = try tool.run([])
    #expect(
      nothing.status == 64 && nothing.errors.hasPrefix("cusp-data: what to do? give list, info, fetch, head or make"))
  }

  @Test("The list names every data set, as records and as a table, and where those lie that are here")
  func list() throws {
    try Fixture.withTemporaryFolder { cache in
      try FileManager.default.createDirectory(atPath: "\(cache)/cusp/svhn", withIntermediateDirectories: true)
      let outcome = try run(["list"], cache: cache)
      #expect(outcome.status == 0 && RecordSchemas.problems(inOutput: outcome.text) == [])
      let records = try outcome.text.split(separator: "\n").map {
        try SourceRecord(json: JSON(parsing: Array($0.utf8)))
      }
      #expect(
        records.map(\.name) == ["mnist", "fashion", "kmnist", "emnist", "cifar10", "cifar100", "svhn", "cifar10-c"])
      #expect(records.map(\.path) == [nil, nil, nil, nil, nil, nil, "\(cache)/cusp/svhn", nil])
      let table = try run(["list", "--format", "text"], cache: cache)
      #expect(table.text.hasPrefix("name") && table.text.contains("\nmnist ") && table.text.contains(" 2918 "))
    }
  }

  @Test("What it tells of images is what they are, and the same of the same images in other files")
  func info() throws {
    let outcome = try run(["info", "digits"])
    #expect(outcome.status == 0 && RecordSchemas.problems(inOutput: outcome.text) == [])
    let records = try outcome.text.split(separator: "\n").map { try DataRecord(json: JSON(parsing: Array($0.utf8))) }
    #expect(records.map(\.split) == ["train", "test"] && records.map(\.count) == [1437, 360])
    #expect(records.allSatisfy { $0.shape == [1, 8, 8] && $0.classCounts.reduce(0, +) == $0.count })
    try Fixture.withTemporaryFolder { folder in
      let made = try run(["make", "digits", "d.npz", "--quiet"], folder: folder)
      #expect(made.status == 0 && made.errors.isEmpty && made.output.isEmpty)
      let again = try run(["info", "d.npz"], folder: folder)
      let record = try DataRecord(json: JSON(parsing: Array(again.output)))
      #expect(record.digest == records[1].digest && record.mean == records[1].mean)
    }
    let table = try run(["info", "digits", "--split", "test", "--format", "text"])
    #expect(table.text.hasPrefix("split  images  shape") && table.text.contains("\nclass  test\n"))
    #expect(try run(["info", "mnist:/nowhere"]).status == 66)
    #expect(try run(["info", "mnist"]).errors.contains("or fetch it to /nowhere/cusp/mnist by cusp-data fetch mnist"))
  }

  @Test("Images are shown as a PNG of rows of eight")
  func head() throws {
    let outcome = try run(["head", "-n", "10", "digits"])
    #expect(outcome.status == 0)
    let image = try ImageFile(Array(outcome.output), name: "head").pixels()
    // Of 8x8 pixels eight times as large, with 2 between them.
    #expect(image.width == 8 * 66 + 2 && image.height == 2 * 66 + 2 && image.channels == 1)
    #expect(image.pixels[0] == 255)
    try Fixture.withTemporaryFolder { folder in
      let file = try run(["head", "-n", "10", "digits", "--output", "a.png"], folder: folder)
      #expect(file.status == 0 && file.output.isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.png")) == outcome.output)
    }
    #expect(try run(["head", "-n", "0", "digits"]).status == 64)
    let colour = try run(["head", "-n", "3", "svhn:\(Fixture.path("datasets/svhn"))"])
    #expect(try ImageFile(Array(colour.output), name: "head").pixels().width == 2 * 66 + 2)
  }

  @Test(
    "On a terminal images are half blocks, or characters where no colours are wanted",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func terminal() throws {
    func shown(_ words: String, _ environment: [String: String]) throws -> String {
      try BuiltTool(path: "/bin/bash").run(
        ["-c", "script -qec \"'\(tool.path)' \(words)\" /dev/null < /dev/null"], environment: environment
      ).text
    }
    let coloured = try shown("head -n 3 digits", ["TERM": "xterm", "NO_COLOR": ""])
    #expect(coloured.count { $0 == "▀" } == 3 * 8 * 4)
    let plain = try shown("head -n 3 digits", ["TERM": "xterm", "NO_COLOR": "1"])
    #expect(!plain.contains("▀") && plain.contains("@"))
    #expect(try shown("info digits", ["TERM": "dumb"]).contains("class  train  test"))
  }

  @Test("A data set is made of some of another's images, turned as the other programs turn them")
  func make() throws {
    try Fixture.withTemporaryFolder { folder in
      let turned = try run(
        ["make", "digits", "t.npz", "--rotation", "30", "--translation", "2", "--seed", "5"], folder: folder)
      #expect(turned.errors == "cusp-data: digits: 360 images, written to t.npz\n")
      let some = try run(["make", "digits", "mnist:.", "--classes", "7,1", "--limit", "50"], folder: folder)
      #expect(some.status == 0)
      let record = try DataRecord(
        json: JSON(parsing: Array(run(["info", "mnist:.", "--split", "test"], folder: folder).output)))
      #expect(record.count < 50 && record.classCounts[2...].allSatisfy { $0 == 0 } && record.classCounts[0] > 0)
      // What a model says of them is what it says of images that are turned on the way.
      let model = try TrainedModel.digits.get().path
      func classes(_ words: [String]) throws -> [Int] {
        let outcome = try BuiltTool("cusp-evaluate").run(
          [model, "--quiet", "--predictions", "--limit", "60"] + words, folder: folder)
        return try outcome.text.split(separator: "\n").compactMap {
          try JSON(parsing: Array($0.utf8))["perturbed"]?.integer
        }
      }
      let there = try classes(["--data", "t.npz"])
      #expect(there.count == 60)
      #expect(try there == classes(["--rotation", "30", "--translation", "2", "--seed", "5"]))
    }
  }

  @Test(
    "Images are corrupted, then turned, to the bits that the other programs hand to models",
    arguments: ["", " --rotation 30 --translation 1"])
  func corrupted(pose: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/m.h5")
      for setting in ["--corruption shot_noise --severity 3", "--corruption contrast --severity 5"] {
        let options = "\(setting)\(pose) --seed 5 --limit 40"
        // An attack within nothing saves what it was handed.
        let outcome = try bash(
          """
          rm -f d.npz s.npz; cusp-data make digits d.npz --quiet \(options) &&
            cusp-attack m.h5 --quiet --epsilon 0 \(options) --save s.npz --quantise > /dev/null &&
            cusp-evaluate m.h5 --quiet --predictions --data d.npz > made &&
            cusp-evaluate m.h5 --quiet --predictions \(options) > there
          """, folder: folder)
        try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        func images(_ name: String, _ array: String) throws -> NumPyArray {
          let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
          let archive = try NumPyArchive(parsing: bytes, limit: 1 << 24, name: name)
          return try #require(try archive.array(array), "\(archive.names)")
        }
        let (made, handed) = (try images("d.npz", "x"), try images("s.npz", "images"))
        #expect(made.element == .uint8 && made.bytes == handed.bytes && made.count == 40 * 64)
        func classes(_ name: String) throws -> [Int?] {
          try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n").map {
            try JSON(parsing: Array($0.utf8))["perturbed"]?.integer
          }
        }
        let told = try classes("made")
        #expect(try told.count == 40 && told == classes("there"))
      }
    }
  }

  @Test(
    "What cannot be made is refused in one line",
    arguments: [
      ("digits", "--classes 1,1", "--classes 1,1: give numbers of 0 to 9, each once"),
      ("digits", "--classes 10", "--classes 10: give numbers"), ("digits", "--classes x", "--classes x: give numbers"),
      ("digits", "--corruption smog --severity 1", "none that is computed; give one of gaussian_noise, shot_noise, "),
      ("digits", "--corruption fog", "--corruption fog: how much? give --severity, of 1 to 5"),
      ("digits", "--severity 2", "--severity 2: of what? give --corruption"),
      ("digits", "--corruption fog --severity 6", "--severity 6: give 1 to 5"),
      ("digits", "--corruption saturate --severity 1", "saturate: grey images have no colours; leave it out"),
      ("digits", "--seed 3", "--seed 3: nothing is drawn here"), ("digits", "--rotation-exact", "by how much?"),
      ("digits", "--rotation=-3", "--rotation -3.0: give 0 or more"), ("digits", "--rotation 400", "give at most 360"),
      ("digits", "--translation=-1", "--translation -1.0: give 0 to 10000"), ("nothing", "", "not a data set"),
    ])
  func refused(data: String, options: String, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try run(["make", data, "o.npz"] + options.split(separator: " ").map(String.init), folder: folder)
      #expect(outcome.status == 64 && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test(
    "Fetching tells what goes wrong and where, and writes nothing to standard output then",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
  func fetch() throws {
    try Fixture.withTemporaryFolder { cache in
      let server = try LoopbackServer(["train-images-idx3-ubyte.gz": [1, 2, 3]])
      let wrong = try run(["fetch", "mnist", "--mirror", server.address], cache: cache)
      #expect(wrong.status == 65 && wrong.output.isEmpty)
      #expect(
        wrong.errors
          == "cusp-data: \(server.address)train-images-idx3-ubyte.gz: its MD5 is 5289df737df57326fcdd22597afb1fac, expected "
          + "f68b3c2dcbeaaa9fbdd348bbdeb94873: another file, or a damaged one; name another address by --mirror\n")
      #expect(try run(["fetch", "fashion", "--mirror", "http://127.0.0.1:1/"], cache: cache).status == 74)
      #expect(try run(["fetch", "cifar10", "--mirror", server.address], cache: cache).status == 66)
      for (words, part) in [
        (["fetch", "imagenet"], "give mnist, fashion, kmnist, emnist, cifar10, cifar100, svhn, cifar10-c"),
        (["fetch", "mnist", "--mirror", "ftp://x"], "give an address of http:// or https://"),
        (["fetch", "mnist", "--timeout", "0"], "give 1 to 3600 seconds"),
      ] {
        let outcome = try run(words, cache: cache)
        #expect(outcome.status == 64 && outcome.errors.contains(part), "\(outcome.errors)")
      }
      // What is there is not fetched again.
      try FileManager.default.createDirectory(atPath: "\(cache)/cusp/svhn", withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: "\(cache)/cusp/svhn/x"))
      let there = try run(["fetch", "svhn"], cache: cache)
      #expect(there.status == 0 && there.text == "\(cache)/cusp/svhn\n" && there.errors.contains("is there already"))
    }
  }

  @Test("Without curl one line says so")
  func noCurl() throws {
    try Fixture.withTemporaryFolder { cache in
      let outcome = try tool.run(["fetch", "mnist"], environment: ["XDG_CACHE_HOME": cache, "PATH": cache])
      #expect(outcome.status == 66)
      #expect(
        outcome.errors.hasPrefix("cusp-data: curl: No such file or directory; it fetches the files; install curl"))
    }
  }
}
