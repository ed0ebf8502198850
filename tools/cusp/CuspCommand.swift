import ArgumentParser
import ToolSupport

/// What `cusp` does itself: it lists the verbs.
struct CuspCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp", abstract: "Run the programs of this package by a verb.",
    examples: ["cusp help", "cusp help attack", "cusp attack model.h5 --pgd | cusp fooling-rate"],
    discussion: """
      `cusp VERB ...` runs the program `cusp-VERB`, found beside this one or in PATH. In a Makefile, \
      `include $(shell cusp --make)` brings the rules of a study.
      """)

  @Argument(help: "A verb and its arguments; `help` lists the verbs.")
  var words: [String] = []
  @Flag(help: "Print where the rules for studies lie, for Makefiles to include.")
  var make = false
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    if make { return try context.output.write("\(Programs.studyRules())\n") }
    var table = TextTable([.words("verb"), .words("what it does")])
    for verb in Programs.verbs() { table.add([verb, Programs.summaries[verb] ?? ""]) }
    try context.output.write(table.text)
    try context.output.write("\n`cusp help VERB` tells more.\n")
  }
}
