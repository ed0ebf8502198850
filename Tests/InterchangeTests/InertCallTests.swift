import Interchange
import TestSupport
import Testing

/// Calls in a pickle stay names: those of values beside the tensors stop nothing, those that reach out are refused.
@Suite struct InertCallTests {
  /// The file with a tensor `w`, and beside it what `body` writes under `x`.
  private func open(_ body: @escaping (inout PickleBuilder) -> Void) throws -> TensorFile {
    try PickleBuilder.open(storages: ["0": [2]]) { builder in
      builder.dictionary { builder in
        builder.text("w")
        builder.tensor("0")
        builder.text("x")
        body(&builder)
      }
    }
  }

  @Test(
    "Makers of values, and classes that nobody has, are passed over",
    arguments: [
      ("pathlib", "PosixPath"), ("datetime", "datetime"), ("__builtin__", "xrange"), ("builtins", "slice"),
      ("decimal", "Decimal"), ("models", "Colour"), ("functools", "partial"), ("uuid", "UUID"),
      ("types", "SimpleNamespace"),
      ("collections", "deque"), ("osmosis", "run"), ("fractions", "Fraction"),
    ])
  func harmless(module: String, name: String) throws {
    let file = try open {
      $0.global(module, name)
      $0.add(")R")
    }
    #expect(file.tensors.map(\.path) == ["w"] && file.unread.isEmpty)
    let node = try #require(file.tree().children.last?.children.last)
    #expect(node.name == "x" && node.kind == "\(module).\(name)")
  }

  @Test(
    "What would run code or touch files is refused by name",
    arguments: [
      ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("builtins", "eval"),
      ("__builtin__", "getattr"), ("builtins", "__import__"), ("sys", "exit"), ("shutil", "rmtree"), ("io", "open"),
      ("importlib", "import_module"), ("os.path", "join"), ("types", "FunctionType"), ("ctypes", "CDLL"),
      ("pickle", "loads"),
      ("urllib.request", "urlopen"), ("runpy", "run_path"), ("webbrowser", "open"),
    ])
  func reaching(module: String, name: String) {
    let message = refusal {
      _ = try open {
        $0.global(module, name)
        $0.add(")R")
      }
    }
    #expect(message?.contains("calls \(module).\(name), but nothing in a file is run here") == true, "\(message ?? "")")
  }

  @Test("Tensors within what a call makes are named, those in a queue are found")
  func within() throws {
    let file = try open {
      $0.global("models", "Packed")
      $0.add("(")
      $0.list { $0.tensor("0") }
      $0.add("tR")
    }
    #expect(file.unread.map(\.path) == ["x"])
    #expect(file.unread.first?.reason == "tensors within what models.Packed makes are not read, since it is not called")
    let queue = try open {
      $0.global("collections", "deque")
      $0.add(")R")
      $0.add("(")
      $0.tensor("0")
      $0.add("e")
    }
    #expect(queue.tensors.map(\.path) == ["w", "x.0"] && queue.unread.isEmpty)
  }

  @Test("A call whose arguments lie within each other ends")
  func endless() throws {
    let message = refusal {
      _ = try open { builder in
        builder.list { builder in
          for _ in 0..<20 {
            builder.global("models", "Made")
            builder.add("(")
            for _ in 0..<3 { builder.list { $0.add("N") } }
            builder.add("tR")
          }
        }
      }
    }
    #expect(message == nil)
  }
}
