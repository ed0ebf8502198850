import Attacks
import Records
import Serving
import TestSupport
import Testing

/// Lines that are no request get an `error` record, and the service goes on.
@Suite struct RefusalTests {
  /// Pixels around a pixel that is wrong.
  private static func values(_ wrong: String) -> String {
    #"{"shape":[1,4,4],"values":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,\#(wrong)]}"#
  }

  private static func predict(_ image: String) -> String { #"{"id":7,"op":"predict","image":\#(image)}"# }

  private static func attack(_ settings: String) -> String {
    #"{"id":7,"op":"attack","image":\#(TinyModel.image()),"attack":\#(settings)}"#
  }

  private func check(_ request: String, _ code: String, _ message: String) throws {
    let good = #"{"id":8,"op":"describe"}"#
    let lines = try TinyModel.lines([request, good]).dropFirst()
    try #require(lines.count == 2)
    let (error, reply) = (try JSON(parsing: lines[1]), try JSON(parsing: lines[2]))
    #expect(error["type"]?.string == "error")
    #expect(error["code"]?.string == code)
    #expect(error["message"]?.string == message)
    #expect(reply["id"] == .integer(8))
    #expect(reply["type"]?.string == "reply")
    #expect(RecordSchemas.problems(inRecord: lines[1]) == [])
  }

  @Test(
    "Lines that are no request are answered by their number",
    arguments: [
      ("{", "line 1, column 2: expected a key in quotes"),
      ("7", "line 1: not an object; each line must be one request"),
      (#"{"id":1,"id":2,"op":"describe"}"#, "line 1, column 9: the key `id` appears twice"),
      ("{}", "request without `op`"),
      ("{\"op\":\"\u{1}\"}", "line 1, column 8: a control character in a string; escape it"),
      (#"{"op":3}"#, "request: `op` is not text"), (#"{"op":"predict"}"#, "request without `image`"),
      (#"{"op":"predict","image":NaN}"#, "line 1, column 25: expected a value"),
      (
        #"{"id":12345678901234567890123,"op":"describe"}"#,
        "line 1: `id` has a number too large to be echoed; write it as a text"
      ),
      (
        #"{"id":[{"a":1e300}],"op":"describe"}"#, "line 1: `id` has a number too large to be echoed; write it as a text"
      ),
    ])
  func lines(request: String, message: String) throws {
    try check(request, message == "" ? "usage" : "data", message)
    #expect(try TinyModel.replies([request])[0]["line"] == .integer(1))
  }

  @Test(
    "Images that do not fit are refused with their id",
    arguments: [
      ("7", "request: `image`: not an object"), ("{}", "request: `image` without `shape`"),
      (#"{"shape":[1,4,4]}"#, "image: give one of `u8`, `f32`, `values` and `data`"),
      (#"{"shape":[1,4,4],"u8":"","values":[]}"#, "image: give one of `u8`, `f32`, `values` and `data`"),
      (#"{"shape":[4,4],"u8":"AAAA"}"#, "image: shape [4x4], the model takes [1x4x4]"),
      (#"{"shape":[1,4,"4"],"u8":"AAAA"}"#, "image: shape [1x4x?], the model takes [1x4x4]"),
      (#"{"shape":[-1,-4,4],"u8":"AAAA"}"#, "image: shape [-1x-4x4], the model takes [1x4x4]"),
      (#"{"shape":[1,4,4],"u8":"AAAA"}"#, "image: 3 pixels for the shape [1x4x4], which has 16"),
      (
        #"{"shape":[1,4,4],"u8":"AAA"}"#,
        "image: `u8` is not base64 (RFC 4648, padded, without white space)"
      ),
      (#"{"shape":[1,4,4],"f32":"AAAA"}"#, "image: `f32` holds 3 bytes, which are no whole 32-bit floats"),
      (#"{"shape":[1,4,4],"u8":16}"#, "request: `image`: `u8` is not text"),
      (#"{"shape":[1,4,4],"values":[0,null]}"#, "request: `image`: `values` is not a list of numbers"),
      (values("1.5"), "image: pixel 15 is 1.5; pixels are 0...1"),
      (values("-0.1"), "image: pixel 15 is -0.1; pixels are 0...1"),
      (values("1e300"), "image: pixel 15 is inf; pixels are 0...1"),
      // The bits of a float that is no number.
      (
        #"{"shape":[1,4,4],"f32":"AADAfwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}"#,
        "image: pixel 0 is nan; pixels are 0...1"
      ),
      (#"{"data":"digits","index":0}"#, "digits: images are [1x8x8], the model takes [1x4x4]"),
      (#"{"data":"digits"}"#, "request: `image` without `index`"),
    ])
  func images(image: String, message: String) throws {
    try check(Self.predict(image), "data", message)
    #expect(try TinyModel.replies([Self.predict(image)])[0]["id"] == .integer(7))
  }

  @Test(
    "Choices that do not exist, and what no program would take, are wrong usage",
    arguments: [
      (#"{"id":7,"op":"paint"}"#, "request: `op` is `paint`; choose predict, attack, transform, describe, cancel"),
      (
        predict(#"{"data":"digits","index":0,"split":"dev"}"#), "image: `split` is `dev`; choose train, test"
      ),
      (
        predict(#"{"data":"nothing","index":0}"#),
        "\"nothing\": not a data set; choose digits, mnist:DIR, fashion:DIR, kmnist:DIR, emnist:DIR, cifar10:DIR, cifar100:DIR, svhn:DIR, "
          + "folder:DIR, image:LABEL:FILE, FILE.npz or FILE.h5"
      ),
      (attack(#"{"epsilonn":1}"#), "attack: no setting `epsilonn`; see the page of cusp-serve"),
      (attack(#"{"early_stop":1}"#), "attack: `early_stop` is neither true nor false"),
      (attack(#"{"trace":"all"}"#), "attack: `trace` is neither true nor false"),
      (
        attack(#"{"name":"carlini"}"#),
        "attack: `name` is \"carlini\"; choose " + AttackCatalogue.all.map(\.name).joined(separator: ", ")
      ),
      (attack(#"{"norm":2}"#), "attack: `norm` is 2; choose linf, l2, l1, l0"),
      (attack(#"{"norm":"l2"}"#), "norm l2 has no customary budget: give epsilon"),
      (attack(#"{"epsilon":-1}"#), "epsilon: give 0 or more"),
      (attack(#"{"epsilon":"8/0"}"#), "attack: `epsilon` is neither a number nor a text such as \"8/255\""),
      (attack(#"{"epsilon":true}"#), "attack: `epsilon` is neither a number nor a text such as \"8/255\""),
      (
        attack(#"{"epsilon":1e300}"#),
        "epsilon 1e+300: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255"
      ),
      (attack(#"{"epsilon":8}"#), "epsilon 8: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255"),
      (attack(#"{"step_size":2}"#), "step_size 2: pixels are 0...1, so give 1 at most; 2 of 255 levels are 2/255"),
      (attack(#"{"step_size":0}"#), "step_size 0: no step would move; give more than 0"),
      (
        attack(#"{"name":"fgsm","start":"random"}"#),
        "start random: fgsm starts at the image; leave it out, or take pgd"
      ),
      (
        attack(#"{"start":"clean","restarts":5}"#), "restarts 5: from the image itself all are alike; leave it out"
      ),
      (
        attack(#"{"start":"clean","loss":"kl"}"#),
        "loss kl: its gradient is zero at the image itself, where this attack starts; take start noise"
      ),
      (attack(#"{"name":"fgsm","seed":3}"#), "seed 3: nothing is drawn here; leave it out"),
      (attack(#"{"steps":1.5}"#), "attack: `steps` is not a whole number"),
      (attack(#"{"steps":-1}"#), "-1 steps: give 0 or more"),
      (attack(#"{"steps":10001}"#), "attack: more than 10000 steps in all restarts; ask for fewer"),
      (
        attack(#"{"steps":9223372036854775807,"restarts":9223372036854775807}"#),
        "attack: more than 10000 steps in all restarts; ask for fewer"
      ),
      (
        attack(#"{"name":"fgsm","steps":2}"#),
        "fgsm is one step of epsilon: leave out steps and step_size, or take pgd"
      ),
      (
        attack(#"{"name":"fgsm","step_size":0.1}"#),
        "fgsm is one step of epsilon: leave out steps and step_size, or take pgd"
      ),
      (attack(#"{"restarts":0}"#), "0 restarts: give 1 or more"),
      (attack(#"{"target":3}"#), "target 3: the model's classes are 0 to 2"),
      (attack(#"{"target":1,"loss":"kl"}"#), "target 1: the loss kl has none; take another loss"),
      (attack(#"{"seed":-1}"#), "attack: `seed` is no whole number of 0 to 2^64 - 1, bare or as a text"),
      (attack(#"{"seed":"1e3"}"#), "attack: `seed` is no whole number of 0 to 2^64 - 1, bare or as a text"),
    ])
  func usage(request: String, message: String) throws { try check(request, "usage", message) }

  @Test(
    "Labels and indices out of range are refused",
    arguments: [
      (#""label":3"#, "request: label 3; the model's classes are 0 to 2"),
      (#""label":-1"#, "request: label -1; the model's classes are 0 to 2"),
      (#""label":"1""#, "request: `label` is not a whole number"),
      (#""index":-1"#, "request: index -1; give 0 to 4294967295"),
      (#""index":4294967296"#, "request: index 4294967296; give 0 to 4294967295"),
      (#""attack":[]"#, "request: `attack` is not an object"),
    ])
  func numbers(member: String, message: String) throws {
    try check(#"{"id":7,"op":"attack","image":\#(TinyModel.image()),\#(member)}"#, "data", message)
  }

  @Test("A data set that cannot be read is told, and asked for again the next time")
  func missingData() throws {
    let request = Self.predict(#"{"data":"mnist:/nowhere/at/all","index":0}"#)
    let replies = try TinyModel.replies([request, request])
    #expect(replies.map { $0["code"]?.string } == ["no-input", "no-input"])
    #expect(replies[0]["message"]?.string?.contains("/nowhere/at/all") == true)
  }
}
