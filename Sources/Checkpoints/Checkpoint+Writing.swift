internal import Failures
internal import Files
internal import HDF5
internal import Networks
internal import Tensors

extension Checkpoint {
  /// Replaces the file at `path` by this checkpoint as a whole, synced to the disk.
  ///
  /// - Throws: `.cannotCreate` if no file can be made there; `.inputOutput` if the disk is full or fails; `.data` for more
  ///   than 4000 class names.
  public func write(to path: String) throws {
    guard classNames.count <= Layout.nameLimit else {
      let reason = "\(classNames.count) class names, but a checkpoint holds \(Layout.nameLimit); leave them out"
      throw Failure(.data, "\(path): \(reason)")
    }
    try replaceFile(at: path) { temporary in
      let writer = try HDF5Writer(path: temporary, named: path)
      try writeHeader(to: writer)
      try writeParameters(to: writer)
      try writeOptimizer(to: writer)
      try writeProgress(to: writer)
      try writer.close()
    }
  }

  private func writeHeader(to writer: borrowing HDF5Writer) throws {
    try writer.setAttribute("format", of: "/", to: .string(Layout.format))
    try writer.setAttribute("version", of: "/", to: .integer(Layout.version))
    try writer.setAttribute("digest", of: "/", to: .string(digest))
    try writer.setAttribute("architecture", of: "/", to: .string(definition.architecture))
    try writer.setAttribute("definition", of: "/", to: .string(definitionText))
    try writer.setAttribute("configuration", of: "/", to: .string(ascii(documents.configuration)))
    try writer.setAttribute("history", of: "/", to: .string(ascii(documents.history)))
    try writer.setAttribute("provenance", of: "/", to: .string(ascii(documents.provenance)))
    try writer.setAttribute("class_names", of: "/", to: .strings(classNames))
  }

  private func writeParameters(to writer: borrowing HDF5Writer) throws {
    try writer.createGroup(Layout.parameters)
    var weights: [(layer: String, names: [String])] = []
    for (index, spec) in parameters.specs.enumerated() {
      let name = try Layout.dataset(spec.path.text, in: Layout.parameters)
      try write(parameters.tensors[index], digest: parameterDigests[index], to: name, by: writer)
      let slash = name.lastIndex(of: "/") ?? name.startIndex
      let (layer, weight) = (String(name[..<slash]), String(name[name.index(after: slash)...]))
      if weights.last?.layer != layer { weights.append((layer, [])) }
      weights[weights.count - 1].names.append(weight)
    }
    // By these two Keras and Netron know a file of weights.
    for layer in weights { try writer.setAttribute("weight_names", of: layer.layer, to: .strings(layer.names)) }
    guard weights.count <= Layout.nameLimit else { return }
    try writer.setAttribute("layer_names", of: "/", to: .strings(weights.map { String($0.layer.dropFirst()) }))
  }

  private func writeOptimizer(to writer: borrowing HDF5Writer) throws {
    try writer.createGroup(Layout.optimizer)
    for (name, tensor) in optimizer.sorted(by: { $0.key < $1.key }) {
      let dataset = try Layout.dataset(name, in: Layout.optimizer)
      try write(tensor, digest: sha256(of: tensor.values), to: dataset, by: writer)
    }
  }

  private func write(_ tensor: Tensor, digest: String, to name: String, by writer: borrowing HDF5Writer) throws {
    try writer.write(tensor.values, shape: tensor.shape.sizes, to: name)
    try writer.setAttribute(Layout.digest, of: name, to: .string(digest))
  }

  private func writeProgress(to writer: borrowing HDF5Writer) throws {
    try writer.createGroup(Layout.sums)
    try writer.setAttribute("epoch", of: Layout.progress, to: .integer(Int64(progress.epoch)))
    try writer.setAttribute("step", of: Layout.progress, to: .integer(Int64(progress.step)))
    for (name, sum) in progress.sums.sorted(by: { $0.key < $1.key }) {
      try writer.setAttribute(name, of: Layout.sums, to: .float(sum))
    }
  }
}
