import Interchange
import Testing

/// Pickles that would take endless time, memory or depth are refused, or cost no more than their bytes.
@Suite struct PickleLimitTests {
  /// What opening and showing the pickle that `body` writes is refused with; nil if it is read.
  private func message(storages: [String: [Float]] = [:], _ body: (inout PickleBuilder) -> Void) -> String? {
    refusal { try readAll(PickleBuilder.file(PickleBuilder.pickle(body), storages: storages)) }
  }

  /// A list of `count` numbers that begins with itself.
  private func selfish(_ builder: inout PickleBuilder, _ count: Int) {
    builder.add("]")
    let memo = builder.memoize()
    builder.add("(")
    builder.get(memo)
    for _ in 0..<count { builder.add("N") }
    builder.add("e")
  }

  @Test("A list of many elements within itself")
  func selfishList() { #expect(message { selfish(&$0, 300_000) }?.contains("within each other") == true) }

  @Test("A short list within itself")
  func shortSelfishList() { #expect(message { selfish(&$0, 3) }?.contains("nested more than 100 deep") == true) }

  @Test("One long tuple as the arguments of many calls")
  func arguments() {
    let found = message { builder in
      builder.global("models", "Net")
      let type = builder.memoize()
      builder.add("0(")
      for _ in 0..<100_000 { builder.add("N") }
      builder.add("t")
      let tuple = builder.memoize()
      builder.add("0(")
      for _ in 0..<1000 {
        builder.get(type)
        builder.get(tuple)
        builder.byte(0x81)
      }
      builder.add("l")
    }
    #expect(found?.contains("more than 4000000 arguments") == true)
  }

  @Test("One list of pairs in many ordered dictionaries")
  func pairs() {
    let found = message { builder in
      builder.list { builder in
        for _ in 0..<100_000 { builder.add("]") }
      }
      let list = builder.memoize()
      builder.add("0(")
      for _ in 0..<1000 {
        builder.global("collections", "OrderedDict")
        builder.get(list)
        builder.byte(0x85)
        builder.add("R")
      }
      builder.add("l")
    }
    #expect(found?.contains("more than 4000000 arguments") == true)
  }

  @Test("Modules within each other without end")
  func deepModules() {
    let found = message { builder in
      builder.global("models", "Net")
      builder.add(")")
      builder.byte(0x81)
      let memo = builder.memoize()
      builder.dictionary { builder in
        for key in ["_parameters", "_buffers", "_modules"] {
          builder.text(key)
          builder.dictionary { builder in
            guard key == "_modules" else { return }
            builder.text("a")
            builder.get(memo)
          }
        }
      }
      builder.add("b")
    }
    #expect(found?.contains("nested more than 100 deep") == true)
  }

  @Test("Names that grow from level to level")
  func longNames() {
    let found = message(storages: ["0": [1]]) { builder in
      func nest(_ depth: Int, _ builder: inout PickleBuilder) {
        builder.dictionary { builder in
          builder.text(String(repeating: "n", count: 300))
          if depth == 0 { builder.tensor("0") } else { nest(depth - 1, &builder) }
        }
      }
      nest(5, &builder)
    }
    #expect(found?.contains("a name of more than 1000 bytes") == true)
  }

  @Test("More views of a storage than it is worth")
  func views() {
    let found = message(storages: ["0": [1, 2, 3, 4]]) { builder in
      builder.dictionary { builder in
        for number in 0..<40 {
          builder.text("t\(number)")
          builder.tensor("0", count: 4)
        }
      }
    }
    #expect(found?.contains("more than 16 times the bytes of their storages") == true)
  }

  @Test("A storage that is told in two ways")
  func twoWays() {
    for (count, type) in [(Int32(2), "FloatStorage"), (1, "IntStorage")] {
      let found = message(storages: ["0": [1]]) { builder in
        builder.list { builder in
          builder.tensor("0")
          builder.tensor("0", count: count, type: type)
        }
      }
      #expect(found == "x: storage 0 is told in two ways; it is damaged or forged")
    }
  }

  @Test("Two tensors of one name, and things outside that are no storages")
  func names() {
    let twice = message(storages: ["0": [1]]) { builder in
      builder.dictionary { builder in
        for _ in 0..<2 {
          builder.text("a")
          builder.tensor("0")
        }
      }
    }
    #expect(twice == "x: a: comes twice; it is damaged or forged")
    let outside = message { builder in
      builder.text("file")
      builder.add("Q")
    }
    #expect(outside == "x: names something outside that is no storage; it is damaged")
  }

  @Test("Long texts are shown short")
  func longTexts() throws {
    let file = try PickleBuilder.open { builder in
      builder.text(String(repeating: "long ", count: 100_000))
      let memo = builder.memoize()
      builder.add("0")
      builder.list { builder in for _ in 0..<10_000 { builder.get(memo) } }
    }
    let shown = try #require(try file.tree().children.last)
    #expect(shown.children.count == 10_000)
    #expect(shown.children.allSatisfy { $0.detail.hasSuffix("...") && $0.detail.utf8.count == 203 })
  }

  @Test("What is on the stack is checked, whatever comes")
  func stack() {
    for opcodes in ["0.", "1.", "2.", "a.", "s.", "e.", "u.", "R.", "b.", "Q.", "t.", "(t(u.", "]Na.N", "}(Nu.", "Nb."]
    {
      let bytes = [0x80, 2] + Array(opcodes.utf8)
      let found = refusal { try readAll(PickleBuilder.file(bytes)) }
      #expect(found == nil || found?.hasPrefix("x: data.pkl: byte ") == true, "\(opcodes): \(found ?? "")")
    }
  }
}
