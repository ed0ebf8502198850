import Checkpoints
import Foundation
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// Training that begins with the weights of a file.
@Suite struct StartToolTests {
  private let tool = BuiltTool("cusp-train")
  private let program = Fixture.path("starts/trained.pt2")
  private let images = Fixture.path("starts/trained.npz")

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  private func train(_ arguments: String, in folder: String) throws -> BuiltTool.Outcome {
    try tool.run("--threads 1 \(arguments)".split(separator: " ").map(String.init), folder: folder)
  }

  /// Calls `body` in a folder with a model of the digits, `digits.h5`, an exported program, `net.pt2`, and its images.
  private func withModels(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let files = [try TrainedModel.digits.get().path: "digits.h5", program: "net.pt2", images: "images.npz"]
      for (path, name) in files { try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/\(name)") }
      try body(folder)
    }
  }

  @Test("Steps from an exported program come to what PyTorch's come to", arguments: [("one", 1), ("two", 2)])
  func steps(name: String, count: Int) throws {
    let expected = try JSON(parsing: [UInt8](Fixture.data("starts/trained.json")))
    let before = try TensorFile(path: program).model().parameters()
    try withModels { folder in
      let settings = ["learning_rate", "momentum", "weight_decay"].map {
        "--\($0.replacing("_", with: "-")) \(expected[$0]?.text ?? "")"
      }
      let outcome = try train(
        "--from net.pt2 --data images.npz --batch-size 8 --epochs \(count) --milestones none --output m.h5 "
          + settings.joined(separator: " "), in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let losses = try outcome.records().filter { $0["type"]?.string == "epoch" }.compactMap { $0["loss"]?.number }
      let wanted = try #require(expected["losses"]?.array).compactMap(\.number)
      #expect(losses.count == count && zip(losses, wanted).allSatisfy { abs($0 - $1) < 1e-5 * $1 }, "\(losses)")
      let model = try Checkpoint(reading: "\(folder)/m.h5")
      #expect(model.definition.preprocessing == Preprocessing(mean: [0.3], standardDeviation: [0.25]))
      let members = try #require(expected[name]?.members)
      #expect(Set(members.map(\.key)) == Set(model.parameters.specs.map(\.path.text)))
      for (key, value) in members.map({ ($0.key, $0.value) }) {
        let path = ParameterPath(key)
        let (old, new) = (before[path].values, model.parameters[path].values)
        let right = try #require(value.array).compactMap(\.number)
        let change = zip(old, right).map { abs(Double($0) - $1) }.max() ?? 0
        let worst = zip(new, right).map { abs(Double($0) - $1) }.max() ?? .infinity
        #expect(new.count == right.count && change > 1e-4, "\(key)")
        #expect(worst <= 1e-3 * change, "\(key): \(worst) of a change of \(change)")
      }
    }
  }

  @Test("Every format that a model is written in begins the same run")
  func formats() throws {
    try withModels { folder in
      let endings = ["pt", "safetensors", "npz", "onnx"]
      for ending in endings {
        let outcome = try BuiltTool("cusp-convert").run(["digits.h5", "n.\(ending)", "--quiet"], folder: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let runs = try (["digits.h5"] + endings.map { "n.\($0)" }).map { file in
        let outcome = try train("--quiet --from \(file) --epochs 1 --limit 64 --output \(file)-m.h5", in: folder)
        #expect(outcome.problems.isEmpty)
        return try Checkpoint(reading: "\(folder)/\(file)-m.h5")
      }
      #expect(Set(runs.map(\.digest)).count == 1)
      #expect(runs.allSatisfy { $0.progress.epoch == 1 && $0.classNames.count == 10 })
      let own = try Checkpoint(reading: "\(folder)/digits.h5")
      #expect(runs[0].digest != own.digest)
    }
  }

  @Test("The file tells what it came from, and its command line makes the same bytes")
  func provenance() throws {
    try withModels { folder in
      for (file, more) in [("digits.h5", "--ignore nothing* --ignore neither"), ("net.pt2", "--normalise 0.5/0.25")] {
        let data = file == "net.pt2" ? "--data images.npz" : "--limit 64"
        #expect(
          try train("--quiet --from \(file) \(data) \(more) --epochs 1 --output a.h5 --force", in: folder)
            .problems.isEmpty)
        let model = try Checkpoint(reading: "\(folder)/a.h5")
        let configuration = try JSON(parsing: model.documents.configuration)
        #expect(configuration["from"]?.string == file)
        let provenance = try #require(Provenance(json: model.documents.provenance))
        let step = try #require(provenance.steps.last)
        if file == "digits.h5" {
          let own = try Checkpoint(reading: "\(folder)/digits.h5")
          #expect(step.parent == .model(digest: own.digest))
          #expect(provenance.prefix(provenance.steps.count - 1) == Provenance(json: own.documents.provenance))
          #expect(configuration["ignore"]?.array?.compactMap(\.string) == ["nothing*", "neither"])
          #expect(step.arguments.prefix(2) == ["--arch=digits-cnn", "--data=digits"])
        } else {
          #expect(step.parent == (try Provenance.Parent(fileAt: "\(folder)/net.pt2")))
          #expect(provenance.steps.count == 1)
          #expect(step.arguments.first == "--normalise=0.5/0.25")
        }
        #expect(
          try tool.run(step.arguments + ["--output", "b.h5", "--quiet", "--force"], folder: folder).problems.isEmpty)
        #expect(try bytes("\(folder)/a.h5") == bytes("\(folder)/b.h5"))
      }
    }
  }

  @Test("A run goes on without the file that it began with, and ends with the same bytes")
  func resuming() throws {
    try withModels { folder in
      let options = "--quiet --from net.pt2 --data images.npz --epochs 3 --batch-size 4"
      #expect(try train("\(options) --output m.h5 --keep 1,2", in: folder).problems.isEmpty)
      let whole = try bytes("\(folder)/m.h5")
      let both = try train("\(options) --resume m-epoch1.h5", in: folder)
      #expect(both.status == 64)
      #expect(
        both.errors == "cusp-train: --from begins a run anew, and --resume goes on with one: leave one of them out\n")
      try FileManager.default.removeItem(atPath: "\(folder)/net.pt2")
      for epoch in 1...2 {
        #expect(try tool.run(["--quiet", "--resume", "m-epoch\(epoch).h5"], folder: folder).problems.isEmpty)
        #expect(try bytes("\(folder)/m-epoch\(epoch).h5") == whole)
      }
      let refused = try tool.run(["--quiet", "--resume", "m.h5", "--prefix", "a."], folder: folder)
      #expect(refused.errors == "cusp-train: --resume m.h5: prefix is not set there, not \"a.\"; leave it out\n")
    }
  }

  @Test("For other classes the last dense layer begins anew, all else with the file's numbers")
  func head() throws {
    try withModels { folder in
      let still = "--epochs 1 --limit 64 --learning-rate 1e-30 --weight-decay 0"
      let outcome = try train("--from net.pt2 \(still) --output m.h5", in: folder)
      #expect(outcome.status == 0)
      let line = "cusp-train: net.pt2: tells 5 classes apart, digits has 10: its last layer, fc, is made anew\n"
      #expect(outcome.errors.contains(line), "\(outcome.errors)")
      let model = try Checkpoint(reading: "\(folder)/m.h5")
      let before = try TensorFile(path: program).model().parameters()
      #expect(model.definition.classCount == 10 && model.classNames.count == 10)
      for spec in model.parameters.specs where spec.role == .trainable {
        let values = model.parameters[spec.path].values
        guard spec.path.text.hasPrefix("fc.") else {
          #expect(values == before[spec.path].values, "\(spec.path)")
          continue
        }
        #expect(spec.shape.sizes.first == 10)
        #expect(
          Set(values).count > values.count * 9 / 10 && values.allSatisfy { abs($0) <= 1 / Float(96).squareRoot() })
      }
      // A definition that is made for the data's classes is taken for a file of others.
      let own = try BuiltTool("cusp-inspect").run(["--definition", "m.h5"], folder: folder)
      try own.output.write(to: URL(fileURLWithPath: "\(folder)/net.json"))
      #expect(try BuiltTool("cusp-convert").run(["net.pt2", "net.h5", "--quiet"], folder: folder).status == 0)
      #expect(try BuiltTool("cusp-convert").run(["net.h5", "net.pt", "--quiet"], folder: folder).status == 0)
      let again = try train("--from net.pt --arch net.json \(still) --output again.h5", in: folder)
      #expect(again.status == 0 && again.errors.contains("its last layer, fc, is made anew"), "\(again.errors)")
      #expect(try Checkpoint(reading: "\(folder)/again.h5").digest == model.digest)
    }
  }

  @Test("Names are changed and dictionaries chosen as in other programs")
  func selection() throws {
    try withModels { folder in
      let convert = BuiltTool("cusp-convert")
      #expect(try convert.run(["digits.h5", "p.pt", "--quiet"], folder: folder).status == 0)
      #expect(try convert.run(["p.pt", "n.pt", "--rename", "^=net.", "--quiet"], folder: folder).status == 0)
      let short = "--quiet --epochs 1 --limit 64"
      #expect(try train("--from digits.h5 \(short) --output a.h5", in: folder).problems.isEmpty)
      #expect(try train("--from n.pt --prefix net. \(short) --output b.h5", in: folder).problems.isEmpty)
      #expect(try train("--from n.pt --rename ^net\\.= \(short) --output c.h5", in: folder).problems.isEmpty)
      let runs = try ["a", "b", "c"].map { try Checkpoint(reading: "\(folder)/\($0).h5") }
      #expect(Set(runs.map(\.digest)).count == 1)
      #expect(try JSON(parsing: runs[1].documents.configuration)["prefix"]?.string == "net.")
    }
  }

  @Test("A file of the same run is replaced, one that began with other weights is not")
  func replacing() throws {
    try withModels { folder in
      let options = "--quiet --from digits.h5 --epochs 1 --limit 64 --output m.h5"
      for _ in 1...2 { #expect(try train(options, in: folder).problems.isEmpty) }
      #expect(
        try train("--quiet --epochs 1 --limit 64 --seed 3 --force --output digits.h5", in: folder).problems.isEmpty)
      let other = try train(options, in: folder)
      #expect(other.status == 73 && other.errors.hasPrefix("cusp-train: m.h5: is there, a model of another run"))
    }
  }

  @Test(
    "What does not go together is one line",
    arguments: [
      ("--prefix net.", 64, "--prefix needs --from"), ("--rename a=b", 64, "--rename needs --from"),
      ("--from none.pt", 66, "none.pt: no such file; check the path"),
      (
        "--from digits.h5 --substitute-for digits.h5", 64,
        "--from: a substitute begins with random weights; leave it out"
      ),
      ("--from tiny.h5", 65, "digits: images are [1x8x8], tiny.h5 takes [1x4x4]"),
      ("--from digits.h5 --output digits.h5", 64, "digits.h5: is "),
      ("--from digits.h5 --arch resnet18", 65, "digits.h5: parameters do not fit resnet18"),
      ("--from digits.h5 --prefix net.", 64, "digits.h5: no tensor's name begins with the --prefix net."),
      ("--from images.npz", 65, "images.npz: "),
    ])
  func refusals(arguments: String, status: Int, message: String) throws {
    try withModels { folder in
      try FileManager.default.copyItem(atPath: Fixture.path("checkpoints/tiny.h5"), toPath: "\(folder)/tiny.h5")
      let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      let outcome = try train("--epochs 1 --limit 64 \(arguments)", in: folder)
      #expect(Int(outcome.status) == status)
      #expect(
        outcome.errors.split(separator: "\n").last?.hasPrefix("cusp-train: \(message)") == true, "\(outcome.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
    }
  }
}
