import Failures
import Plots
import Records
import TestSupport
import Testing

/// Training by epoch: what each panel shows.
@Suite struct TrainingTests {
  private func epoch(
    _ number: Int, of epochs: Int = 4, rate: Double = 0.1, rotation: Double = 0, epsilon: Double = 0, loss: Double = 1,
    accuracy: Double = 0.5, validation: Double? = nil
  ) -> [UInt8] {
    EpochRecord(
      epoch: number, epochs: epochs, learningRate: rate, rotation: rotation, translation: 0, epsilon: epsilon,
      loss: loss, accuracy: accuracy, validation: validation, kept: validation.map { _ in number }, imagesPerSecond: 1,
      seconds: 1
    ).line
  }

  private func panels(_ lines: [[UInt8]]) throws -> [JSON] {
    try #require(try Drawing.figure(.training, lines).vegaLite["vconcat"]?.array)
  }

  private func title(_ panel: JSON, _ channel: String) -> String? {
    panel["layer"]?.array?.last?["encoding"]?[channel]?["title"]?.string
  }

  private func scale(_ panel: JSON) -> JSON? { panel["layer"]?.array?.last?["encoding"]?["y"]?["scale"] }

  private func values(_ panel: JSON, _ series: String) -> [Double] {
    (panel["data"]?["values"]?.array ?? []).filter { $0["series"]?.string == series }.compactMap { $0["y"]?.number }
  }

  @Test("There is a panel for each thing that was recorded, and none for budgets of zero")
  func panelTitles() throws {
    let plain = try panels((1...4).map { epoch($0) })
    #expect(plain.map { title($0, "y") } == ["loss", "accuracy", "learning rate"])
    // The axis is named once, below.
    #expect(plain.map { title($0, "x") } == ["", "", "epoch"])
    let turned = try panels((1...4).map { epoch($0, rotation: 30, epsilon: 0.1) })
    #expect(turned.map { title($0, "y") } == ["loss", "accuracy", "learning rate", "rotation", "epsilon"])
    #expect(turned.map { title($0, "x") } == ["", "", "", "", "epoch"])
  }

  @Test("Panels hold the numbers of the records")
  func numbers() throws {
    let losses = [2.5, 1.25, 0.75, 0.5]
    let shares = [0.25, 0.5, 0.625, 0.75]
    let lines = (0..<4).map {
      epoch($0 + 1, rotation: Double(10 * $0), loss: losses[$0], accuracy: shares[$0], validation: shares[$0] / 2)
    }
    let panels = try panels(lines)
    #expect(values(panels[0], "training") == losses)
    #expect(values(panels[1], "training") == shares)
    #expect(values(panels[1], "training, held out") == shares.map { $0 / 2 })
    #expect(values(panels[2], "training") == [0.1, 0.1, 0.1, 0.1])
    #expect(values(panels[3], "training") == [0, 10, 20, 30])
    #expect(scale(panels[0])?["domain"]?.array?.compactMap(\.number) == [0, 2.5])
    #expect(scale(panels[1])?["domain"]?.array?.compactMap(\.number) == [0, 1])
  }

  @Test("A learning rate that falls far has a logarithmic axis, another one begins at zero")
  func rates() throws {
    let falling = try panels([0.1, 0.1, 0.01, 0.001].enumerated().map { epoch($0 + 1, rate: $1) })
    #expect(scale(falling[2])?["type"]?.string == "log")
    #expect(scale(falling[2])?["domain"]?.array?.compactMap(\.number) == [0.001, 0.1])
    let level = try panels([0.1, 0.08, 0.05, 0.1].enumerated().map { epoch($0 + 1, rate: $1) })
    #expect(scale(level[2])?["type"]?.string == "linear")
    #expect(scale(level[2])?["domain"]?.array?.compactMap(\.number) == [0, 0.1])
    let zero = try panels([0.1, 0, 0, 0].enumerated().map { epoch($0 + 1, rate: $1) })
    #expect(scale(zero[2])?["type"]?.string == "linear")
    let ticks = Axis(label: "", range: 0.001...0.1, isLogarithmic: true).ticks(atMost: 5)
    #expect(ticks.map(\.text) == ["0.001", "0.01", "0.1"])
    let far = Axis(label: "", range: 1e-12...1, isLogarithmic: true).ticks(atMost: 4)
    #expect(far.count <= 4 && far.first?.text == "1e-12")
    let narrow = Axis(label: "", range: 2...3, isLogarithmic: true).ticks(atMost: 4)
    #expect(narrow.map(\.value) == [2, 3])
  }

  @Test("Runs follow each other in one stream, by epochs that begin anew")
  func runs() throws {
    let lines = (1...3).map { epoch($0, loss: 3 / Double($0)) } + (1...2).map { epoch($0, loss: 5 / Double($0)) }
    let figure = try Drawing.figure(.training, lines)
    #expect(figure.names == ["run 1", "run 2"])
    #expect(figure.caption == "3 of 4 epochs; 2 of 4 epochs")
    let panels = try panels(lines)
    #expect(values(panels[0], "run 1") == [3, 1.5, 1] && values(panels[0], "run 2") == [5, 2.5])
    // The checkpoint of another epoch names nobody.
    let foreign = CheckpointRecord(path: "/a/b.h5", digest: "d", epoch: 9, architecture: "x", data: "digits").line
    #expect(try Drawing.figure(.training, lines + [foreign]).names == ["run 1", "run 2"])
    let own = CheckpointRecord(path: "/a/b.h5", digest: "d", epoch: 2, architecture: "x", data: "digits").line
    #expect(try Drawing.figure(.training, lines + [own]).names == ["run 1", "b.h5"])
  }

  @Test("A run that was stopped and went on, kept models or was made longer is one, called by its last model")
  func goingOn() throws {
    let run = RunRecord(tool: "cusp-train", version: "0.1.0", arguments: ["--keep", "1"], seed: "0").line
    func model(_ name: String, _ epoch: Int) -> [UInt8] {
      CheckpointRecord(path: "/a/\(name)", digest: "d", epoch: epoch, architecture: "x", data: "digits").line
    }
    let first = [run, epoch(1), model("m-epoch1.h5", 1), epoch(2), run, epoch(3), epoch(4), model("m.h5", 4)]
    let stopped = try Drawing.figure(.training, first)
    #expect(stopped.names == ["m.h5"] && stopped.caption == "4 of 4 epochs")
    // Announced again it stays what it is; longer, it goes on.
    let longer = first + [run, model("other.h5", 4), run, epoch(5, of: 6), epoch(6, of: 6), model("m.h5", 6)]
    #expect(try Drawing.figure(.training, first + [run, model("other.h5", 4)]).names == ["m.h5"])
    #expect(try Drawing.figure(.training, longer).caption == "6 of 6 epochs")
    let next = try Drawing.figure(.training, longer + [run, epoch(1), epoch(2)])
    #expect(next.names == ["m.h5", "run 2"] && next.caption == "6 of 6 epochs; 2 of 4 epochs")
  }

  @Test("One epoch is a figure, and a share that is none is refused")
  func edges() throws {
    let figure = try Drawing.figure(.training, [epoch(1)])
    #expect(figure.caption == "1 of 4 epochs")
    #expect(try !figure.svg(width: 400).document.isEmpty)
    #expect(figure.text(columns: 60, isColoured: false).contains("⠶ training"))
    #expect(
      Drawing.refusal(.training, [epoch(1, accuracy: 2)])?.message
        == "line 1: epoch 1: an accuracy of 2.0 is not between 0 and 1")
    #expect(Drawing.refusal(.training, [epoch(1), epoch(2, loss: 1e308), epoch(3, loss: -1e308)])?.kind == .data)
    let many = (0..<22).map { _ in epoch(1) }
    #expect(Drawing.refusal(.training, many)?.message.hasPrefix("22 curves in one figure") == true)
    let request = Drawing.refusal(.training, [epoch(1)]) { $0.by = "model" }
    #expect(request?.message == "--by means nothing for a training; leave it out")
  }
}
