// Public data sets, fetched once and then found by their names:
//   cusp-data fetch mnist && cusp-train --data mnist --output m.h5

import ArgumentParser
import Failures
import ToolSupport

@main
struct DataCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-data", abstract: "List, fetch and describe public data sets.",
    examples: [
      "cusp-data list", "cusp-data fetch mnist", "cusp-data fetch cifar10 --mirror https://mirror.example/data/",
      "cusp-data info mnist", "cusp-data head -n 16 cifar10:DIR",
      "cusp-data make mnist:DIR ones.npz --classes 1,7 --rotation 30",
    ],
    discussion: """
      Data sets are named as --data of the other programs takes them. What was fetched lies below XDG_CACHE_HOME, else below \
      ~/.cache, and is found by its name alone.
      """,
    subcommands: [ListCommand.self, InfoCommand.self, FetchCommand.self, HeadCommand.self, MakeCommand.self])

  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    throw Failure(.usage, "what to do? give list, info, fetch, head or make; see cusp-data --help")
  }
}

/// A part of `cusp-data`, which speaks by that name.
protocol DataVerb: ToolCommand {}

extension DataVerb {
  static var toolName: String { "cusp-data" }
}
