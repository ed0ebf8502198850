import Interchange
import Testing

/// Which of a PyTorch file's dictionaries is the network, whatever stands around it.
@Suite struct WrapperTests {
  /// The names of the state dictionary of the file whose pickle `body` writes; all tensors lie in one storage.
  private func names(_ body: (inout PickleBuilder) -> Void) throws -> [String] {
    try PickleBuilder.open(storages: ["0": [1]], body).stateDictionary().map(\.name)
  }

  private func entry(_ builder: inout PickleBuilder, _ key: String) {
    builder.text(key)
    builder.tensor("0")
  }

  @Test(
    "A dictionary around the network is seen through",
    arguments: [
      ["state_dict"], ["model"], ["net"], ["network"], ["model_state_dict"], ["model", "state_dict"], ["weights"],
    ])
  func wrappers(path: [String]) throws {
    func wrap(_ path: ArraySlice<String>, _ builder: inout PickleBuilder) {
      guard let key = path.first else {
        return builder.dictionary {
          entry(&$0, "module.fc.weight"); entry(&$0, "module.fc.bias")
        }
      }
      builder.dictionary { builder in
        builder.text(key)
        wrap(path.dropFirst(), &builder)
        builder.text("epoch")
        builder.number(3)
      }
    }
    #expect(try names { wrap(path[...], &$0) } == ["fc.weight", "fc.bias"])
  }

  @Test("The optimiser's tensors, and those beside the network, are left out")
  func others() throws {
    let found = try names { builder in
      builder.dictionary { builder in
        entry(&builder, "best_accuracy")
        builder.text("optimizer")
        builder.dictionary { entry(&$0, "momentum") }
        builder.text("state_dict")
        builder.dictionary { entry(&$0, "fc.weight") }
        builder.text("ema")
        builder.dictionary { entry(&$0, "fc.weight") }
      }
    }
    #expect(found == ["fc.weight"])
  }

  @Test("A network's own parts of such names stay, in a dictionary and in a module")
  func ownParts() throws {
    #expect(
      try names {
        $0.dictionary {
          entry(&$0, "net.0.weight"); entry(&$0, "fc.weight")
        }
      } == ["net.0.weight", "fc.weight"])
    let module = try names { builder in
      builder.module(modules: { builder in
        builder.text("model")
        builder.module(parameters: { entry(&$0, "weight") }, buffers: { entry(&$0, "mean") })
        builder.text("empty")
        builder.add("N")
      })
    }
    #expect(module == ["model.weight", "model.mean"])
  }

  @Test("Prefixes are stripped only where all names have them")
  func prefixes() throws {
    #expect(
      try names {
        $0.dictionary {
          entry(&$0, "module.a"); entry(&$0, "b")
        }
      } == ["module.a", "b"])
    #expect(try names { $0.dictionary { entry(&$0, "module.module.a") } } == ["a"])
    #expect(try names { $0.dictionary { entry(&$0, "_orig_mod.module.a") } } == ["a"])
  }

  @Test("A module that stands in a list or an instance is found, and one that is shared comes twice, as in PyTorch")
  func places() throws {
    #expect(try names { $0.list { $0.module(parameters: { entry(&$0, "w") }) } } == ["w"])
    let shared = try names { builder in
      builder.module(modules: { builder in
        builder.text("a")
        builder.module(parameters: { entry(&$0, "w") })
        let memo = builder.memoize()
        builder.text("b")
        builder.get(memo)
      })
    }
    #expect(shared == ["a.w", "b.w"])
  }

  @Test("Several groups of which none is known are named")
  func unknown() throws {
    let message = refusal {
      _ = try names { builder in
        builder.dictionary { builder in
          for key in ["teacher", "student"] {
            builder.text(key)
            builder.dictionary { entry(&$0, "w") }
          }
        }
      }
    }
    #expect(message == "x: its tensors lie in student, teacher; --group takes one")
  }
}
