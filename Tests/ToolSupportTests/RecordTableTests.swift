import Foundation
import Records
import TestSupport
import Testing
import ToolSupport

@Suite struct RecordTableTests {
  private func table(_ rows: String..., withTypes: Bool = false) throws -> RecordTable {
    RecordTable(try rows.map { try JSON(parsing: $0) }, withTypes: withTypes)
  }

  @Test("A row a record, a column a key in the order in which they come up, empty cells where there is none")
  func keys() throws {
    let table = try table(
      #"{"type":"a","v":1,"model":"m","epsilon":null,"rate":0.5,"interval":[0.25,0.75]}"#,
      #"{"type":"a","v":1,"rate":1,"parameters":{"steps":2,"start":{"at":true}},"list":[1,"x"]}"#)
    #expect(
      table.tabSeparated == """
        model\tepsilon\trate\tinterval.lower\tinterval.upper\tparameters.steps\tparameters.start.at\tlist
        m\t\t0.5\t0.25\t0.75\t\t\t
        \t\t1\t\t\t2\ttrue\t[1,"x"]

        """)
  }

  @Test("Types are told where there are several")
  func types() throws {
    #expect(try table(#"{"type":"a","v":1,"n":1}"#, withTypes: true).commaSeparated == "type,n\na,1\n")
    let rate = FoolingRateRecord(setting: nil, count: 4, fooled: 1)
    let error = ErrorRecord(code: "data", message: "x")
    #expect(
      RecordTable([rate, rate]).commaSeparated.hasPrefix("count,fooled,rate,interval.lower,interval.upper\n4,1,0.25,"))
    #expect(RecordTable([rate, error]).commaSeparated.hasPrefix("type,count,"))
  }

  @Test(
    "Commas, quotation marks and ends of lines are quoted in comma-separated values, as Python reads and writes them")
  func quoting() throws {
    // Expected by the rules of RFC 4180, section 2: fields in quotation marks, those within doubled.
    let table = try table(#"{"a":"x,y","b":"say \"no\"","c":"one\ntwo","d":"\r","e":" plain ","f":"\"\u0301"}"#)
    #expect(
      table.commaSeparated == "a,b,c,d,e,f\n\"x,y\",\"say \"\"no\"\"\",\"one\ntwo\",\"\r\", plain ,\"\"\"\u{301}\"\n")
  }

  @Test("Tabs and ends of lines are escaped in tab-separated values")
  func escapes() throws {
    let table = try table(#"{"a":"x\ty","b":"one\r\ntwo","c":"back\\slash","d":"\"q\", r"}"#)
    #expect(table.tabSeparated == "a\tb\tc\td\nx\\ty\tone\\r\\ntwo\tback\\\\slash\t\"q\", r\n")
  }

  @Test("No record makes an empty table")
  func empty() throws {
    #expect(try table().commaSeparated == "\n")
    #expect(RecordTable([any Record]()).tabSeparated == "\n")
  }
}

@Suite struct NarrowTableTests {
  private var table: TextTable {
    var table = TextTable([
      .words("model").setting, .words("norm").setting, .numbers("rotation").setting, .numbers("accuracy"),
      .words("interval").detail, .words("interval").detail,
    ])
    table.add(["m.h5", "linf", "0", "90.0 %", "88 to 91", "1 to 2"])
    table.add(["m.h5", "linf", "30", "80.0 %", "78 to 81", "3 to 4"])
    return table
  }

  @Test("A table that fits, and one that nobody limits, is whole", arguments: [nil, 52, 200] as [Int?])
  func whole(limit: Int?) {
    #expect(table.text(within: limit) == table.text)
    #expect(table.text.split(separator: "\n").map(\.count).max() == 51)
  }

  @Test("What is alike in all rows is told below, once there is no room")
  func shared() {
    #expect(
      table.text(within: 47) == """
        model  rotation  accuracy  interval  interval
        m.h5          0    90.0 %  88 to 91  1 to 2
        m.h5         30    80.0 %  78 to 81  3 to 4

        in all rows: norm linf

        """)
  }

  @Test("Then details leave, and that is said; what tells rows apart stays, even where it does not fit")
  func narrow() {
    #expect(
      table.text(within: 30) == """
        rotation  accuracy  interval
               0    90.0 %  88 to 91
              30    80.0 %  78 to 81

        in all rows: model m.h5, norm linf
        left out for width: interval; --format csv has all

        """)
    #expect(table.text(within: 5).hasPrefix("rotation  accuracy\n       0    90.0 %\n"))
  }

  @Test("A table without rows keeps its columns of settings")
  func noRows() {
    let table = TextTable([.words("a long title").setting, .words("another").detail])
    #expect(table.text(within: 5) == "a long title\n\nleft out for width: another; --format csv has all\n")
  }
}

@Suite struct PaceTests {
  @Test(
    "The pace and the time left follow from what is done",
    arguments: [
      (0, 100, 5.0, "0 images"), (1, 100, 0, "1 image"), (50, 100, 10, "50 images, 5.0 images/s, 10 s left"),
      (1000, 3000, 4, "1000 images, 250 images/s, 8 s left"), (100, 100, 3, "100 images, 33.3 images/s, 0 s left"),
      (10, 1000, 100, "10 images, 0.1 images/s, 2:45:00 left"),
    ] as [(Int, Int, Double, String)])
  func text(done: Int, count: Int, seconds: Double, text: String) {
    #expect(ProgressFacts(images: done, of: count, seconds: seconds).text == text)
  }
}

@Suite struct ExampleLineTests {
  @Test("A command line is broken before options and pipes, never within a value, and a shell reads the same words")
  func breaks() throws {
    let command = "echo model.h5 --pgd --epsilon 8/255 --name 'a --b | c' | cat --show-ends && echo --done"
    let lines = ShellText.lines(of: command, width: 40)
    #expect(
      lines == [
        "echo model.h5 --pgd --epsilon 8/255 \\", "    --name 'a --b | c' | cat \\", "    --show-ends && echo --done",
      ])
    #expect(ShellText.lines(of: command, width: 200) == [command])
    #expect(ShellText.lines(of: "one", width: 1) == ["one"])
    let shell = BuiltTool(path: "/bin/sh")
    #expect(try shell.run(["-c", lines.joined(separator: "\n")]) == shell.run(["-c", command]))
  }
}
