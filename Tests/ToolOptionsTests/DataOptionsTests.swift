import ArgumentParser
import Datasets
import Evaluation
import Failures
import Testing
import ToolOptions

@Suite("Options of data")
struct DataOptionsTests {
  private func images(_ arguments: [String], modelData: String = "digits") throws -> LabeledImages {
    try DataOptions.parse(arguments).load(modelData: modelData).images
  }

  @Test("A selection says the data as typed, and how many images all its shards have together")
  func selection() throws {
    let selection = try DataOptions.parse(["--limit", "10", "--shard", "2/3"]).load(modelData: "digits")
    #expect((selection.data, selection.total, selection.images.indices) == ("digits", 10, 4..<7))
    #expect(try DataOptions.parse(["--split", "train"]).load(modelData: "digits").total == 1437)
    #expect(ImageSelection(selection.images, data: "d").total == 7)
  }

  @Test("Without options it is all test images of the model's data")
  func defaults() throws {
    let images = try images([])
    #expect((images.name, images.split, images.indices) == ("digits", .test, 0..<360))
  }

  @Test("The split, the limit and the shard are taken in this order")
  func parts() throws {
    #expect(try images(["--split", "train"]).indices == 0..<1437)
    #expect(try images(["--limit", "5"]).indices == 0..<5)
    #expect(try images(["--limit", "9999"]).indices == 0..<360)
    #expect(try images(["--shard", "2/3", "--limit", "10"]).indices == 4..<7)
    #expect(try images(["--shard", "7/7", "--limit", "3"]).indices.isEmpty)
  }

  @Test("All shards one after the other are the whole", arguments: [1, 2, 7, 361])
  func shards(count: Int) throws {
    let indices = try (1...count).flatMap { try Array(images(["--shard", "\($0)/\(count)"]).indices) }
    #expect(indices == Array(0..<360))
  }

  @Test("Data of one's own goes before the model's")
  func ownData() throws {
    #expect(try images(["--data", "digits"], modelData: "mnist:/absent").name == "digits")
    #expect(throws: Failure(.noInput, missing("/absent"))) { try images([], modelData: "mnist:/absent") }
    #expect(throws: Failure(.noInput, missing("/other"))) { try images(["--data", "mnist:/other"]) }
  }

  private func missing(_ folder: String) -> String {
    let name = "t10k-images-idx3-ubyte"
    return "\(folder)/\(name): no such file, nor \(name).gz; check the folder"
  }

  @Test("A name that is no data set and a limit that leaves nothing are refused")
  func badData() {
    let choices =
      "digits, mnist:DIR, fashion:DIR, kmnist:DIR, emnist:DIR, cifar10:DIR, cifar100:DIR, svhn:DIR, folder:DIR, image:LABEL:FILE, "
      + "FILE.npz or FILE.h5"
    #expect(throws: Failure(.usage, "\"imagenet\": not a data set; choose \(choices)")) {
      try images(["--data", "imagenet"])
    }
    for limit in [0, -3] {
      #expect(throws: Failure(.usage, "a limit of \(limit) images leaves none; ask for at least 1")) {
        try images(["--limit=\(limit)"])
      }
    }
  }

  @Test(
    "A shard is a number from 1 and how many there are",
    arguments: [("1/1", 1, 1), ("3/8", 3, 8), ("8/8", 8, 8), ("9223372036854775807/9223372036854775807", .max, .max)])
  func shard(text: String, number: Int, count: Int) throws {
    let shard = try Shard.typed(text)
    #expect((shard.number, shard.count) == (number, count))
  }

  @Test("The last of very many shards is empty, not a crash")
  func manyShards() throws {
    #expect(try images(["--shard", "\(Int.max)/\(Int.max)"]).indices.isEmpty)
    #expect(try images(["--shard", "360/\(Int.max)"]).indices == 359..<360)
  }

  @Test(
    "Anything else is no shard",
    arguments: [
      "", "/", "3", "3/", "/8", "0/8", "9/8", "-1/8", "1/-8", "1/0", "0/0", "1/2/3", "1.0/2", " 1/2", "a/b",
      "1/9223372036854775808",
    ])
  func noShard(text: String) {
    #expect(throws: Failure(.usage, "give one part of so many, as in 1/8 to 8/8")) { try Shard.typed(text) }
    guard !text.isEmpty else { return }
    expectRefusal(DataOptions.self, ["--shard=\(text)"], "The value '\(text)' is invalid for '--shard <shard>'")
  }

  @Test("Other splits and limits that are no number are refused")
  func noSplit() {
    expectRefusal(
      DataOptions.self, ["--split", "validation"],
      "The value 'validation' is invalid for '--split <split>'")
    expectRefusal(DataOptions.self, ["--limit", "many"], "The value 'many' is invalid for '--limit <limit>'")
  }
}
