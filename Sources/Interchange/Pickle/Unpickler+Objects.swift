import HDF5

/// The functions whose calls a pickle may hold. None is ever called: those of containers become containers, all others
/// stay names with arguments, so that a path, a date or an enumeration beside the tensors is no reason to refuse a file.
private enum Reductions {
  static let dictionaries: Set = ["collections.OrderedDict", "collections.defaultdict", "collections.Counter"]
  static let sets: Set = ["__builtin__.set", "builtins.set", "__builtin__.frozenset", "builtins.frozenset"]
  static let reconstructors: Set = ["copy_reg._reconstructor", "copyreg._reconstructor"]

  /// What makes plain values; the rest of Python's own functions evaluates, opens or looks up.
  static let values: Set = ["bytearray", "complex", "range", "xrange", "slice", "bytes", "str", "int", "float", "bool"]

  /// The modules of Python through which a pickle reaches beyond itself, by their first name.
  static let reaching: Set = [
    "_io", "_pickle", "asyncio", "atexit", "bdb", "code", "codeop", "commands", "concurrent", "ctypes", "distutils",
    "dis", "ftplib", "gc", "glob", "http", "httplib", "imp", "importlib", "inspect", "io", "linecache", "marshal",
    "multiprocessing", "nt", "ntpath", "os", "pdb", "pickle", "pip", "pkgutil", "platform", "posix", "posixpath",
    "profile", "cProfile", "pty", "pydoc", "requests", "runpy", "shelve", "shutil", "signal", "site", "smtplib",
    "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "timeit", "trace", "types", "urllib", "urllib2",
    "venv", "webbrowser", "xmlrpc", "zipimport",
  ]

  /// Whether the class or function `name`, were it called, could run code or touch files.
  static func reachesOut(_ name: String) -> Bool {
    let parts = name.split(separator: ".", maxSplits: 1)
    guard let module = parts.first, parts.count == 2 else { return true }
    if module == "builtins" || module == "__builtin__" {
      return !values.contains(String(parts[1])) && !sets.contains(name)
    }
    if module == "types" { return parts[1] != "SimpleNamespace" }
    return reaching.contains(String(module))
  }
}

extension Unpickler {
  /// Names a class or function, makes a record of an instance, or keeps a call as it is.
  mutating func construct(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .global:
      let module = String(decoding: try input.line(), as: UTF8.self)
      try pushObject(PickleObject(kind: .global("\(module).\(String(decoding: input.line(), as: UTF8.self))")))
    case .stackGlobal:
      let (name, module) = (try pop(), try pop())
      guard case .text(let name) = name, case .text(let module) = module, name.utf8.count + module.utf8.count <= 1024
      else {
        throw failure("a class without a name; it is damaged")
      }
      try pushObject(PickleObject(kind: .global("\(module).\(name)")))
    case .reduce:
      let (arguments, function) = (try pop(), try pop())
      let items = try items(arguments)
      try reduce(try name(function), items)
    case .newObject:
      let (arguments, type) = (try pop(), try pop())
      let items = try items(arguments)
      try pushObject(PickleObject(kind: .record(try name(type)), items: items))
    case .newObjectEx:
      let (keywords, arguments, type) = (try pop(), try pop(), try pop())
      let items = try items(arguments) + [keywords]
      try pushObject(PickleObject(kind: .record(try name(type)), items: items))
    case .build:
      let state = try pop()
      guard case .object(let index) = try top(), Self.hasState(graph.objects[index]) else {
        throw failure("sets attributes of what has none; it is damaged")
      }
      graph.objects[index].state = state
    default: try pushPersistent(try pop())
    }
  }

  /// What the pickle leaves to its reader: a storage, or a class with its source text, of which the class is kept.
  private mutating func pushPersistent(_ identity: PickleValue) throws {
    if let parts = graph.tuple(identity), parts.count >= 2, parts[0] == .text("module"), graph.global(parts[1]) != nil {
      push(parts[1])
    } else {
      try pushObject(PickleObject(kind: .persistent, items: [identity]))
    }
  }

  private mutating func reduce(_ function: String, _ arguments: [PickleValue]) throws {
    if Reductions.dictionaries.contains(function) {
      // Python 2 wrote the pairs of an ordered dictionary as its argument.
      let list = arguments.first.flatMap(graph.object)?.items ?? []
      try charge(list)
      let pairs = list.compactMap { graph.object($0)?.items }
      let entries = pairs.filter { $0.count == 2 }.map { (key: $0[0], value: $0[1]) }
      try pushObject(PickleObject(kind: .dictionary, entries: entries))
    } else if Reductions.sets.contains(function) {
      let items = arguments.first.flatMap(graph.object)?.items ?? []
      try charge(items)
      try pushObject(PickleObject(kind: .set, items: items))
    } else if Reductions.reconstructors.contains(function), let type = arguments.first {
      try pushObject(PickleObject(kind: .record(try name(type)), items: Array(arguments.dropFirst())))
    } else if Reductions.reachesOut(function) {
      let advice = "nothing in a file is run here; save the state dictionary instead"
      throw failure("calls \(printable(function)), but \(advice)")
    } else {
      try pushObject(PickleObject(kind: .call(function), items: arguments))
    }
  }

  private func name(_ value: PickleValue) throws -> String {
    guard let name = graph.global(value) else { throw failure("calls what is no class or function; it is damaged") }
    return name
  }

  private mutating func items(_ value: PickleValue) throws -> [PickleValue] {
    guard let items = graph.tuple(value) else { throw failure("a call without arguments; it is damaged") }
    try charge(items)
    return items
  }

  private static func hasState(_ object: PickleObject) -> Bool {
    switch object.kind {
    case .record, .call, .dictionary, .list, .set: true
    case .tuple, .global, .persistent: false
    }
  }
}
