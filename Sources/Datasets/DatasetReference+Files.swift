extension DatasetReference {
  /// The paths of all files that the data set may be read from, there or not; none for built-in digits.
  ///
  /// A file and its packed form are both among them: each stands for the other when the data set is read.
  public var inputFiles: [String] {
    if case .canvas(_, let data) = self { return data.inputFiles }
    if case .images(let path, _) = self {
      return Split.allCases.flatMap { split in
        (try? ImageFolder(path: ImageFolder.place(of: split, in: path)).entries.map(\.path)) ?? []
      }
    }
    if case .image(let path, _) = self { return [path] }
    guard case .folder(let family, let path) = self else { return outputFiles }
    return family.folders(in: path).flatMap { folder in
      family.fileNames.flatMap { ["\(folder)/\($0)", "\(folder)/\($0).gz"] }
    }
  }

  /// The paths of all files that `write(_:)` may write.
  public var outputFiles: [String] {
    switch self {
    case .digits, .canvas, .images, .image: []
    case .npz(let path), .hdf5(let path): [path]
    case .folder(let family, let path): family.fileNames.map { "\(path)/\($0)" }
    }
  }
}

extension DatasetReference.Family {
  fileprivate var fileNames: [String] {
    switch self {
    case .mnist, .fashion, .kmnist, .emnist:
      Split.allCases.flatMap { [IDXName(self, $0).images, IDXName(self, $0).labels] }
    case .svhn: Split.allCases.map { SVHNName.file(of: $0) }
    case .cifar10, .cifar100: Split.allCases.flatMap(CIFARLayout(self).files(of:)) + [CIFARLayout(self).nameFile]
    }
  }

  /// The folders at `path` that the files may lie in.
  fileprivate func folders(in path: String) -> [String] {
    [path] + subfolders.map { "\(path)/\($0)" }
  }

  /// Where in a folder an archive, or torchvision, puts the files.
  var subfolders: [String] {
    switch self {
    case .mnist: ["MNIST/raw", "raw"]
    case .fashion: ["FashionMNIST/raw", "raw"]
    case .kmnist: ["KMNIST/raw", "raw"]
    case .emnist: ["EMNIST/raw", "raw", "gzip"]
    case .svhn: []
    case .cifar10, .cifar100: [CIFARLayout(self).subfolder]
    }
  }
}
