import Failures
import Foundation
import ImageFiles
import Pictures
import Plots
import Records
import Reports
import TestSupport
import Testing

/// Which pictures are shown, and that they are those of the records.
@Suite struct GalleryTests {
  private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8).map { UInt8($0 > 0x39 ? $0 - 0x57 : $0 - 0x30) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test(
    "Pictures are those of NumPy and Pillow to the last bit: clean, perturbed, and ten times the difference in its pose"
  )
  func reference() throws {
    let expected = try ExpectedReport.read()
    let fold = try Reporting.fold(path: Fixture.path("reports/records.ndjson"))
    let gallery = try Reporting.gallery(fold)
    #expect(gallery.setting.attack == "pgd" && gallery.successes == expected.settings[0].fooled)
    #expect(gallery.nearest.map(\.success.index) == expected.settings[0].nearest)
    #expect(gallery.farthest.map(\.success.index) == expected.settings[0].farthest)
    for picture in gallery.nearest + gallery.farthest {
      let expected = try #require(expected.pictures["\(picture.success.index)"])
      let images = picture.images
      #expect(images.clean.width == 9 && images.clean.height == 6 && images.clean.channels == 3)
      #expect(images.clean.pixels == bytes(expected.clean))
      #expect(images.perturbed.pixels == bytes(expected.perturbed))
      #expect(images.difference.pixels == bytes(expected.difference))
    }
  }

  @Test("The page holds three PNG files a picture, which hold the same pixels")
  func tiles() throws {
    var report = Report(try Reporting.fold(path: Fixture.path("reports/records.ndjson")))
    report.galleries = [try Reporting.gallery(report.fold)]
    let page = String(decoding: try report.page(), as: UTF8.self)
    let files = page.matches(of: /src="data:image\/png;base64,([^"]*)"/).map { String($0.1) }
    let shown = report.galleries[0].nearest + report.galleries[0].farthest
    #expect(shown.count == 20 && files.count == 60)
    for (place, picture) in shown.enumerated() {
      for (offset, image) in [picture.images.clean, picture.images.perturbed, picture.images.difference].enumerated() {
        let file = [UInt8](try #require(Data(base64Encoded: files[3 * place + offset])))
        #expect(try ImageFile(file, name: "tile").pixels() == image)
      }
    }
    #expect(page.contains("turned by") && page.contains("moved by") && !page.contains("No saved set was given"))
  }

  @Test("A sheet has the same pictures, enlarged, and says of each what it was taken for and where it is")
  func sheet() throws {
    let gallery = try Reporting.gallery(Reporting.fold(path: Fixture.path("reports/records.ndjson")))
    let sheet = gallery.sheet()
    let shown = gallery.nearest + gallery.farthest
    #expect(sheet.groups.count == 20 && sheet.title.isEmpty)
    #expect(
      sheet.caption == "pgd linf 0.06, rotation 30: the 10 nearest, then the 10 farthest of "
        + "\(gallery.successes) images that changed their class; clean, perturbed, ten times the difference.")
    let svg = String(decoding: try sheet.svg().document, as: UTF8.self)
    var files = svg.matches(of: /href="data:image\/png;base64,([^"]*)"/)[...]
    #expect(files.count == 60)
    for (group, picture) in zip(sheet.groups, shown) {
      let images = [picture.images.clean, picture.images.perturbed, picture.images.difference]
      #expect(group.pictures.count == 3)
      #expect(group.pictures.map(\.image) == images)
      for (drawn, image) in zip(files.prefix(3), images) {
        let file = [UInt8](try #require(Data(base64Encoded: String(drawn.1))))
        let pixels = try ImageFile(file, name: "picture").pixels()
        #expect(pixels == image.enlarged(toFit: 192))
        #expect(pixels.width == 9 * 21 && pixels.height == 6 * 21)
      }
      files = files.dropFirst(3)
      let success = picture.success
      let isRight = success.natural == success.label
      let before = isRight ? "\(success.label)" : "\(success.natural) (truly \(success.label))"
      let after = "\(success.perturbed)" + (success.perturbed == success.label ? " (the true class)" : "")
      #expect(group.heading == "\(before) → \(after)")
      #expect(group.detail.hasPrefix("image \(success.index), distance 0.0"))
      #expect(group.detail.contains("turned by ") == (success.pose.degrees != 0))
      #expect(group.detail.contains("moved by ") == (success.pose.dx != 0 || success.pose.dy != 0))
    }
  }

  @Test("Without a set the page says how to make one, by commands")
  func advice() throws {
    let page = try Reporting.page([Reporting.prediction(0, perturbed: 1, rotation: 30)])
    #expect(page.contains("cusp-attack MODEL.h5 --pgd --epsilon 0.1 --rotation=30"))
    #expect(page.contains("--save set.npz &gt; set.ndjson\ncusp-report set.ndjson set.npz --output report.html</pre>"))
    #expect(
      try Reporting.page([Reporting.prediction(0, attack: "none", epsilon: 0, rotation: 9)]).contains("Pictures")
        == false)
  }

  @Test("A set of other images goes with no record, and one that goes with two settings is asked about")
  func pairing() throws {
    let records = try String(decoding: Fixture.data("reports/records.ndjson"), as: UTF8.self).split(separator: "\n")
    func refusal(_ lines: [String]) throws -> String? {
      let fold = try Reporting.fold(lines.map { Array("\($0)\n".utf8) })
      return #expect(throws: Failure.self) { try Reporting.gallery(fold) }?.message
    }
    let attacked = records.filter { $0.contains("\"pgd\"") }.map(String.init)
    let moved = attacked.map { $0.replacing(/"distance":0\.0[0-9]/, with: "\"distance\":0.09") }
    #expect(
      try refusal(moved)?.hasSuffix("no records are of these images; give those that cusp-attack wrote beside the set")
        == true)
    #expect(try refusal(Array(attacked.dropLast())) != nil)
    let twice = attacked + attacked.map { $0.replacingOccurrences(of: "\"pgd\"", with: "\"bim\"") }
    #expect(try refusal(twice)?.contains("goes with several settings (pgd of ") == true)
    let absent = try #require(try? Reporting.fold(attacked.map { Array("\($0)\n".utf8) }))
    let failure = #expect(throws: Failure.self) { try Reporting.gallery(absent, clean: "missing.npz") }
    #expect(failure?.kind == .noInput && failure?.message.contains("missing.npz") == true)
  }

  @Test("Of two settings that a set may go with, the one whose records have its name is meant")
  func names() throws {
    try Fixture.withTemporaryFolder { folder in
      let records = try String(decoding: Fixture.data("reports/records.ndjson"), as: UTF8.self).split(separator: "\n")
      let attacked = records.filter { $0.contains("\"pgd\"") }.joined(separator: "\n")
      try attacked.write(toFile: "\(folder)/set.ndjson", atomically: true, encoding: .utf8)
      try attacked.replacingOccurrences(of: "\"pgd\"", with: "\"bim\"")
        .write(toFile: "\(folder)/other.ndjson", atomically: true, encoding: .utf8)
      var fold = ReportFold()
      for name in ["other", "set"] {
        try Reporting.read(&fold, path: "\(folder)/\(name).ndjson")
      }
      #expect(try Reporting.gallery(fold).setting.attack == "pgd")
    }
  }

  @Test("Where no image changed its class, the set is shown as what it is: without successes")
  func noSuccess() throws {
    let records = try String(decoding: Fixture.data("reports/records.ndjson"), as: UTF8.self).split(separator: "\n")
    let held = records.filter { $0.contains("\"pgd\"") }.map { line in
      Array(line.replacing(/"natural":[0-9]+,"perturbed":[0-9]+/, with: "\"natural\":1,\"perturbed\":1").utf8) + [0x0A]
    }
    var report = Report(try Reporting.fold(held))
    let gallery = try Reporting.gallery(report.fold)
    #expect(gallery.nearest.isEmpty && gallery.farthest.isEmpty && gallery.successes == 0)
    report.galleries = [gallery]
    #expect(String(decoding: try report.page(), as: UTF8.self).contains("<p>No image changed its class.</p>"))
    #expect(gallery.sheet().groups.isEmpty)
  }

  @Test("Pictures of very large images are made small, and what has no room is counted")
  func room() throws {
    // A page of a hundred pictures as large as CIFAR's stays below 2 MB: noise, which PNG cannot pack.
    var report = Report(try Reporting.fold(path: Fixture.path("reports/records.ndjson")))
    let gallery = try Reporting.gallery(report.fold)
    report.galleries = Array(repeating: gallery, count: 5)
    let page = try report.page()
    #expect(page.count < 2_000_000)
    report.galleries = Array(repeating: gallery, count: 400)
    let crowded = String(decoding: try report.page(), as: UTF8.self)
    #expect(crowded.utf8.count < 2_000_000 && crowded.contains("pictures had no room in this file; give fewer sets."))
  }
}
