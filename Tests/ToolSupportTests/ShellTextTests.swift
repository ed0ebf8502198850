import Foundation
import TestSupport
import Testing
import ToolSupport

/// Command lines and numbers for people, held against a shell and C's formatting.
@Suite struct ShellTextTests {
  @Test("Plain words stay as they are, others are quoted")
  func quoting() {
    let plain = ["cusp-train", "--epsilon=8/255", "cifar10:/data", "a.b,c_d@e%f+g"]
    #expect(ShellText.command(plain) == plain.joined(separator: " "))
    #expect(ShellText.command(["a b", "", "it's", "$x", "#"]) == #"'a b' '' 'it'\''s' '$x' '#'"#)
  }

  @Test("A shell reads every byte that a word can have as it was")
  func shell() throws {
    let words = (1..<0x80).map { String(UnicodeScalar(UInt8($0))) } + ["\u{e9}\u{1F600}", "'''", "a\nb", "\\", "-n"]
    let command = ShellText.command(["printf", "%s\\0"] + words)
    let outcome = try BuiltTool(path: "/bin/sh").run(["-c", command])
    #expect(outcome.status == 0)
    #expect(outcome.text.split(separator: "\0").map(String.init) == words)
  }

  @Test("Four significant digits are C's")
  func significant() throws {
    var generator = SystemRandomNumberGenerator()
    for exponent in stride(from: -300, through: 300, by: 7) {
      let value = Double.random(in: 1..<10, using: &generator) * pow(10, Double(exponent))
      for signed in [value, -value] {
        #expect(Double(NumberText.significant(signed)) == Double(String(format: "%.3e", signed)), "\(signed)")
      }
    }
    let known = [
      (0.0, "0"), (1, "1"), (-2.5, "-2.5"), (0.816496580927726, "0.8165"), (123456, "123500"), (9.99996, "10"),
      (1.23456e-7, "1.235e-07"), (.leastNonzeroMagnitude, "5e-324"),
      (1.7976931348623157e308, "1.7976931348623157e+308"),
      (.infinity, "-"), (.nan, "-"),
    ]
    for (value, text) in known { #expect(NumberText.significant(value) == text) }
    #expect(NumberText.significant(2.0 / 3, digits: 2) == "0.67")
  }
}
