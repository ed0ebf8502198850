// swift-tools-version: 6.0
import Foundation
import PackageDescription

// MARK: - Choices made outside

let environment = ProcessInfo.processInfo.environment

/// Whether `root` holds the headers of a oneDNN that the backend is written for.
func hasOneDNN(under root: String) -> Bool {
  let header = try? String(contentsOfFile: "\(root)/include/oneapi/dnnl/dnnl_version.h", encoding: .utf8)
  return ["2", "3"].contains { header?.contains("DNNL_VERSION_MAJOR \($0)") ?? false }
}

/// Where oneDNN is, or nil: what `CUSP_ONEDNN_ROOT` says, or the first of the usual places; `CUSP_ONEDNN=0` goes without.
///
/// `make` says `CUSP_ONEDNN=1` too, since SwiftPM caches the manifest until the environment changes.
func findOneDNN() -> String? {
  if environment["CUSP_ONEDNN"] == "0" { return nil }
  guard let root = environment["CUSP_ONEDNN_ROOT"] else {
    return ["/usr", "/usr/local", "/opt/homebrew"].first(where: hasOneDNN)
  }
  guard hasOneDNN(under: root) else {
    let line = "CUSP_ONEDNN_ROOT: no oneDNN 2.x or 3.x below \(root); name the folder that holds include/oneapi\n"
    FileHandle.standardError.write(Data(line.utf8))
    exit(1)
  }
  return root
}

let oneDNNRoot = findOneDNN()
let oneDNN = oneDNNRoot != nil

/// Where compilers and loaders do not look by themselves.
let unusualRoot = oneDNNRoot == "/usr" ? nil : oneDNNRoot

/// Continuous integration sets `CUSP_STRICT`; a newer compiler's new warning must not stop a user.
let strict = environment["CUSP_STRICT"] == "1"

let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (strict ? [.unsafeFlags(["-warnings-as-errors"])] : []) + (oneDNN ? [.define("CUSP_ONEDNN")] : [])
  + (unusualRoot.map { [.unsafeFlags(["-Xcc", "-I\($0)/include"])] } ?? [])

// MARK: - One line a target

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let backends: [Target.Dependency] = ["PortableBackend"] + (oneDNN ? ["OneDNNBackend"] : [])

func systemLibrary(_ name: String, pkgConfig: String? = nil, apt: String, brew: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + ["Failures", "ToolSupport", argumentParser], path: "tools/\(name)",
    exclude: ["README.md"], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["Failures", "TestSupport"], path: "Tests/\(name)Tests",
    swiftSettings: settings)
}

let targets: [Target] = [
  systemLibrary("CHDF5", pkgConfig: "hdf5", apt: "libhdf5-dev", brew: "hdf5"),
  systemLibrary("CZlib", apt: "zlib1g-dev", brew: "zlib"),
  .target(
    name: "CImages",
    cSettings: [.unsafeFlags(["-I/opt/homebrew/include"], .when(platforms: [.macOS]))],
    linkerSettings: [
      .linkedLibrary("png"), .linkedLibrary("jpeg"),
      .unsafeFlags(["-L/opt/homebrew/lib"], .when(platforms: [.macOS])),
    ]),
  .systemLibrary(name: "CFiles"),
  .systemLibrary(name: "CProcessor"),
  .target(name: "CConvolutions"),

  library("Failures"),
  library("Files", ["CFiles", "Failures"]),
  library("Symmetry"),
  library("Tensors"),
  library("Records", ["Failures"]),
  library("Ranks", ["Failures"]),
  library("HDF5", ["CHDF5", "Failures", "Files"]),
  library("Archives", ["CZlib", "Failures", "Files"]),

  library("ImageFiles", ["CImages", "Failures", "Files"]),
  library("Downloads", ["Archives", "Failures", "Files", crypto]),

  library("Datasets", ["Archives", "Failures", "Files", "HDF5", "ImageFiles", "Tensors"]),
  library("Spatial", ["Tensors"]),
  library("Corruptions", ["Failures", "ImageFiles", "Tensors"]),
  library("Networks", ["Failures", "Symmetry", "Tensors"]),
  library("Optimizers"),
  library("Programs", ["Failures", "Networks", "Optimizers", "Symmetry", "Tensors"]),
  library("PortableBackend", ["Failures", "Networks", "Optimizers", "Programs", "Tensors"]),
  library("Checkpoints", ["Failures", "Files", "HDF5", "Networks", "Tensors", crypto]),
  library("Attacks", ["Failures", "Networks", "Tensors"]),
  library(
    "Interchange",
    [
      "Archives", "Checkpoints", "Failures", "Files", "HDF5", "Networks", "Programs", "Records", "Symmetry", "Tensors",
    ]),
  library(
    "Training",
    ["Attacks", "Datasets", "Failures", "Networks", "Optimizers", "Programs", "Ranks", "Spatial", "Tensors"]),

  library(
    "Benchmarks",
    [
      "Attacks", "CProcessor", "Datasets", "Failures", "Files", "Networks", "Optimizers", "Programs", "Records",
      "Tensors", "Training",
    ]),

  library(
    "Inspection",
    ["Checkpoints", "Failures", "Files", "Interchange", "Networks", "Records", "Tensors", "ToolSupport"]),

  library(
    "Evaluation",
    [
      "Attacks", "Checkpoints", "Corruptions", "Datasets", "Failures", "Files", "Interchange", "Networks", "Programs",
      "Records", "Spatial", "Tensors",
    ]),

  library(
    "SavedSets",
    [
      "Archives", "Attacks", "Datasets", "Evaluation", "Failures", "Files", "ImageFiles", "Interchange", "Networks",
      "Records", "Tensors",
    ]),

  library("Plots", ["Failures", "ImageFiles", "Records"]),
  library("VectorGraphics", ["Failures", "ImageFiles"]),
  library(
    "Pictures",
    [
      "Attacks", "Datasets", "Failures", "ImageFiles", "Plots", "Records", "SavedSets", "Spatial", "Symmetry",
      "Tensors",
    ]),
  library(
    "Reports",
    [
      "Attacks", "Datasets", "Failures", "ImageFiles", "Pictures", "Plots", "Records", "SavedSets", "Tensors",
      "ToolSupport",
    ]),

  library("ToolSupport", ["Failures", "Files", "Records", argumentParser]),
  library("NetworkOptions", ["Checkpoints", "Failures", "Interchange", "Networks", "ToolSupport", argumentParser]),
  library(
    "ToolOptions",
    [
      "Attacks", "Checkpoints", "Corruptions", "Datasets", "Evaluation", "Failures", "Files", "Interchange",
      "NetworkOptions", "Networks", "Optimizers", "Programs", "Records", "SavedSets", "Spatial", "ToolSupport",
      argumentParser,
    ] + backends),

  library(
    "Serving",
    [
      "Attacks", "Checkpoints", "Datasets", "Evaluation", "Failures", "Networks", "Records", "Spatial", "Tensors",
      "ToolSupport",
    ]),

  tool("cusp", ["Files"]),
  tool(
    "cusp-train",
    [
      "Attacks", "Checkpoints", "Datasets", "Evaluation", "Files", "Interchange", "NetworkOptions", "Networks",
      "Optimizers", "Programs", "Ranks", "Records", "Spatial", "Tensors", "ToolOptions", "Training",
    ]),
  tool("cusp-attack", ["Attacks", "Datasets", "Evaluation", "Records", "ToolOptions"]),
  tool("cusp-evaluate", ["Archives", "Datasets", "Evaluation", "Files", "Records", "ToolOptions"]),
  tool(
    "cusp-data",
    [
      "Checkpoints", "Corruptions", "Datasets", "Downloads", "Files", "ImageFiles", "Plots", "Records", "Spatial",
      "Tensors",
    ]),
  tool("cusp-fooling-rate", ["Archives", "Files", "Records"]),
  tool(
    "cusp-plot",
    [
      "Datasets", "Files", "Inspection", "Interchange", "Networks", "Pictures", "Plots", "Records", "Reports",
      "SavedSets", "Symmetry", "Tensors", "VectorGraphics",
    ]),
  tool("cusp-merge", ["Files", "Records"]),
  tool("cusp-summarise", ["Files", "Plots", "Records"]),
  tool(
    "cusp-report",
    ["Datasets", "Files", "Inspection", "Interchange", "Networks", "Records", "Reports", "SavedSets", "Tensors"]),
  tool(
    "cusp-doctor",
    [
      "Benchmarks", "Datasets", "Downloads", "Evaluation", "Files", "HDF5", "Networks", "Programs", "Ranks", "Records",
      "ToolOptions", "VectorGraphics",
    ]),
  tool("cusp-bench", ["Benchmarks", "Networks", "Programs", "Records", "ToolOptions"]),
  tool(
    "cusp-inspect",
    ["Checkpoints", "Files", "Inspection", "Interchange", "NetworkOptions", "Networks", "Records", "Tensors"]),
  tool("cusp-diff", ["Files", "Inspection", "Interchange", "NetworkOptions", "Records"]),
  tool("cusp-convert", ["Checkpoints", "Datasets", "Files", "Interchange", "NetworkOptions", "Records"]),
  tool(
    "cusp-verify",
    [
      "Attacks", "Datasets", "Evaluation", "Files", "NetworkOptions", "Networks", "Records", "SavedSets", "ToolOptions",
    ]),
  tool("cusp-serve", ["Evaluation", "Files", "NetworkOptions", "Records", "Serving", "ToolOptions"]),

  .target(name: "CAllocations", path: "Tests/CAllocations"),
  .target(
    name: "TestSupport", dependencies: ["CAllocations", "Failures", "Ranks", "Records"], path: "Tests/TestSupport",
    swiftSettings: settings),
  tests("TestSupport"),
  tests("Failures"),
  tests("Files", ["Files"]),
  tests("Symmetry", ["Symmetry"]),
  tests("Convolutions", ["CConvolutions"]),
  tests("Tensors", ["Tensors"]),
  tests("Records", ["Records"]),
  tests("Plots", ["ImageFiles", "Plots", "Records", "VectorGraphics"]),
  tests("HDF5", ["Files", "HDF5"]),
  tests("Archives", ["Archives", "Files"]),
  tests("ImageFiles", ["Files", "ImageFiles"]),
  tests("Downloads", ["Archives", "Downloads", "Files"]),
  tests("Datasets", ["Archives", "Datasets", "Files", "HDF5", "ImageFiles", "Tensors"]),
  tests("Spatial", ["Spatial", "Tensors"]),
  tests("Corruptions", ["Archives", "Corruptions", "Tensors"]),
  tests("Networks", ["Networks", "Symmetry", "Tensors"]),
  tests("Optimizers", ["Optimizers"]),
  tests("Ranks", ["Optimizers", "Ranks"]),
  tests("Programs", ["Networks", "Optimizers", "Programs", "Tensors"]),
  tests(
    "Backends",
    ["Archives", "Attacks", "Datasets", "Networks", "Optimizers", "Programs", "Symmetry", "Tensors"] + backends),
  tests("Checkpoints", ["Checkpoints", "Files", "HDF5", "Networks", "Records", "Tensors"]),
  tests(
    "Interchange",
    [
      "Archives", "Checkpoints", "Files", "HDF5", "Interchange", "Networks", "PortableBackend", "Programs", "Records",
      "Tensors",
    ]),
  tests("Attacks", ["Attacks", "Networks", "Tensors"]),
  tests(
    "Training",
    [
      "Attacks", "Datasets", "Networks", "Optimizers", "Programs", "Ranks", "Spatial", "Symmetry", "Tensors",
      "Training",
    ]
      + backends),
  tests(
    "Inspection", ["Archives", "Checkpoints", "Inspection", "Interchange", "Networks", "Records", "Tensors"]),
  tests("ToolSupport", ["Records", "ToolSupport", argumentParser]),
  tests(
    "Evaluation",
    [
      "Archives", "Attacks", "Checkpoints", "Corruptions", "Datasets", "Evaluation", "Files", "Interchange", "Networks",
      "PortableBackend", "Programs", "Records", "Spatial", "Tensors",
    ]),
  tests(
    "SavedSets",
    [
      "Archives", "Attacks", "Checkpoints", "Datasets", "Evaluation", "Files", "Interchange", "Networks",
      "PortableBackend", "Records", "SavedSets", "Tensors",
    ]),
  tests(
    "Reports",
    [
      "Attacks", "Datasets", "Files", "ImageFiles", "Pictures", "Plots", "Records", "Reports", "SavedSets",
      "Symmetry", "Tensors",
    ]),
  tests("Benchmarks", ["Benchmarks", "Networks", "Programs", "Records", "Tensors"] + backends),
  tests(
    "ToolOptions",
    [
      "Attacks", "Checkpoints", "Corruptions", "Datasets", "Evaluation", "Files", "Networks", "PortableBackend",
      "Programs", "Records", "Spatial", "Tensors", "ToolOptions", "ToolSupport", argumentParser,
    ]),
  tests("Format", ["Checkpoints", "Networks", "Records", "Tensors"]),
  tests(
    "Serving",
    [
      "Attacks", "Evaluation", "Files", "PortableBackend", "Records", "Serving", "Spatial", "Tensors", "ToolSupport",
    ]),
  tests("Tool", ["Archives", "Checkpoints", "ImageFiles", "Interchange", "Networks", "Records", "Tensors"]),
]

/// The library is loaded at run time: nothing is linked, but programs know where it was when they were built.
let oneDNNTargets: [Target] = [
  .target(
    name: "COneDNN",
    cSettings: unusualRoot.map { [.unsafeFlags(["-I\($0)/include"])] } ?? [],
    linkerSettings: unusualRoot.map { [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"])] } ?? []),
  library(
    "OneDNNBackend",
    [
      "COneDNN", "CConvolutions", "Failures", "Files", "Networks", "Optimizers", "PortableBackend", "Programs",
      "Tensors",
    ]),
]

/// The fuzzer, of which a part comes from the compiler's `-sanitize=fuzzer`; see `Tests/Fuzz`.
let fuzzTargets: [Target] =
  environment["CUSP_FUZZ"] != "1"
  ? []
  : [
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Archives", "Checkpoints", "Datasets", "Failures", "Files", "HDF5", "ImageFiles", "Interchange", "Networks",
        "Records", "Serving", "Tensors",
      ], path: "Tests/Fuzz", exclude: ["README.md"], swiftSettings: settings)
  ]

let package = Package(
  name: "cusp",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
  ],
  targets: targets + (oneDNN ? oneDNNTargets : []) + fuzzTargets
)
