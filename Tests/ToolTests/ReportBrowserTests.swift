import Foundation
import ImageFiles
import Records
import TestSupport
import Testing

/// The page in a browser, where one is installed: nothing in its console, nothing beside the page or over anything else.
@Suite struct ReportBrowserTests {
  /// Chromium under one of its names; nil where there is none.
  private static let chromium: String? = {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
      .first(where: FileManager.default.isExecutableFile(atPath:))
  }()

  /// Appended to the page: uses the legend and a head of the table, then notes sizes, overlaps and what is hidden.
  private static let probe = """
    <script>
    addEventListener('load', () => {
      const box = (node) => node.getBoundingClientRect();
      const seen = (node) => { const b = box(node); return b.width > 0 && b.height > 0; };
      const all = (query) => [...document.querySelectorAll(query)].filter(seen);
      const marks = () => all('figure.chart [data-series="0"]').length;
      const before = marks();
      const key = all('figure.chart text[data-key="0"]')[0];
      if (key) key.dispatchEvent(new MouseEvent('click', {bubbles: true}));
      const after = marks();
      if (key) key.dispatchEvent(new MouseEvent('click', {bubbles: true}));
      const heads = all('table.sortable th');
      const first = () => document.querySelector('table.sortable tbody tr').lastElementChild.textContent;
      const values = [first()];
      for (let turn = 0; turn < 2 && heads.length; turn++) {
        document.querySelector('table.sortable th:last-child').click();
        values.push(first());
      }
      const parts = all('svg text, td span, th, h1, h2, h3, h4, p, pre, li, img, .tile figcaption');
      const overlaps = [];
      for (let i = 0; i < parts.length; i++) {
        const a = box(parts[i]);
        for (let j = 0; j < i; j++) {
          if (parts[i].contains(parts[j]) || parts[j].contains(parts[i])) continue;
          const b = box(parts[j]);
          const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left),
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
          // Boxes of letters are higher than the letters.
          if (x > 1 && y > 4) overlaps.push(parts[j].textContent + ' | ' + parts[i].textContent);
        }
      }
      const outside = all('body *').filter((node) => box(node).right > innerWidth + 1 || box(node).left < -1);
      const result = {width: innerWidth, scroll: document.documentElement.scrollWidth, parts: parts.length,
        overlaps: overlaps.slice(0, 5), outside: outside.slice(0, 5).map((node) => node.outerHTML.slice(0, 80)),
        before, after, restored: marks(), values, images: all('img').filter((image) => image.naturalWidth).length,
        titles: document.querySelectorAll('svg *>title').length, hints: document.querySelectorAll('[data-hint]').length};
      parent.postMessage(JSON.stringify(result), '*');
    });
    </script>
    </body>
    """

  /// A page around the probed one, since a window is never narrower than 500 pixels: writes down what that finds.
  private static func frame(width: Int) -> String {
    """
    <!DOCTYPE html>
    <pre id="probe"></pre>
    <script>addEventListener('message', (event) => { document.getElementById('probe').textContent = event.data; });</script>
    <iframe src="probed.html" style="border:0;width:\(width)px;height:2400px"></iframe>
    """
  }

  /// Runs the browser on the file at `path` with further arguments.
  private func browse(_ path: String, _ arguments: [String], width: Int, folder: String) throws -> BuiltTool.Outcome {
    let browser = try #require(Self.chromium)
    return try BuiltTool(path: browser).run(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
        "--enable-logging=stderr", "--v=0", "--user-data-dir=\(folder)/profile", "--window-size=\(width),2400",
      ] + arguments + ["file://\(path)"], environment: ["HOME": folder], seconds: 120)
  }

  /// A page with every part: settings of two models, a set, a model file, a training run.
  private func makePage(in folder: String) throws {
    let model = try TrainedModel.digits.get()
    try model.records.write(toFile: "\(folder)/trained.ndjson", atomically: true, encoding: .utf8)
    try FileManager.default.copyItem(atPath: model.path, toPath: "\(folder)/n.h5")
    let outcome = try bash(
      """
      cusp-train --quiet --epochs 1 --limit 200 --seed 2 --output a-model-with-a-rather-long-name-of-many-words.h5 > b.ndjson &&
        cusp-attack n.h5 --quiet --epsilon 0.2 --limit 60 --save set.npz > set.ndjson &&
        cusp-evaluate *.h5 --quiet --rotation 0,30 --epsilon 0,0.1 --limit 40 > scores.ndjson &&
        cusp-report *.ndjson *.h5 set.npz --output page.html
      """, folder: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let page = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
    let probed = page.replacingOccurrences(of: "</body>", with: Self.probe)
    try probed.write(toFile: "\(folder)/probed.html", atomically: true, encoding: .utf8)
  }

  @Test(
    "In Chromium the page says nothing in the console, overlaps nowhere and scrolls only down",
    .enabled(if: chromium != nil, "no Chromium in PATH: the page is not looked at in a browser"))
  func page() throws {
    try Fixture.withTemporaryFolder { folder in
      try makePage(in: folder)
      for width in [1280, 400] {
        try Self.frame(width: width).write(toFile: "\(folder)/frame.html", atomically: true, encoding: .utf8)
        let outcome = try browse("\(folder)/frame.html", ["--dump-dom"], width: 1600, folder: folder)
        #expect(!outcome.errors.contains("CONSOLE"), "\(outcome.errors)")
        let found = try #require(outcome.text.firstMatch(of: /<pre id="probe">([^<]*)<\/pre>/)).1
        let probe = try JSON(
          parsing: found.replacingOccurrences(of: "&gt;", with: ">").replacingOccurrences(of: "&lt;", with: "<")
            .replacingOccurrences(of: "&amp;", with: "&"))
        #expect(probe["width"]?.integer == width && probe["scroll"]?.integer == width, "\(probe.text)")
        #expect(probe["overlaps"]?.array?.isEmpty == true && probe["outside"]?.array?.isEmpty == true, "\(probe.text)")
        #expect(probe["parts"]?.integer ?? 0 > 200 && probe["images"]?.integer ?? 0 >= 30)
        // The legend hides a series and brings it back, and numbers are told by the page, not by the browser.
        #expect(probe["before"]?.integer ?? 0 > 4 && probe["restored"] == probe["before"])
        #expect(probe["after"]?.integer ?? 99 < probe["before"]?.integer ?? 0)
        #expect(probe["titles"]?.integer == 0 && probe["hints"]?.integer ?? 0 > 20)
        let values = probe["values"]?.array ?? []
        #expect(values.count == (width > 860 ? 3 : 1) && (values.count < 3 || values[1] != values[2]))
        try look(folder, width: width)
      }
    }
  }

  /// The picture of the page: of that width, neither empty nor all one colour, in the colours of the series.
  private func look(_ folder: String, width: Int) throws {
    let shot = "\(folder)/\(width).png"
    _ = try browse("\(folder)/page.html", ["--screenshot=\(shot)"], width: width, folder: folder)
    let image = try ImageFile(path: shot).pixels()
    #expect(image.width == width && image.height == 2400 && image.channels == 3)
    func share(_ colour: [UInt8]) -> Double {
      let count = stride(from: 0, to: image.pixels.count, by: 3).count { Array(image.pixels[$0..<$0 + 3]) == colour }
      return Double(count) / Double(width * 2400)
    }
    #expect((0.5...0.99).contains(share([255, 255, 255])))
    if width == 1280 { #expect(share([0x00, 0x72, 0xB2]) > 1e-5 && share([0xD5, 0x5E, 0x00]) > 1e-5) }
  }

  @Test("A mistake in a script shows in the console, so that silence means something", .enabled(if: chromium != nil))
  func mistakes() throws {
    try Fixture.withTemporaryFolder { folder in
      let page = "<!DOCTYPE html><script>nothing.there()</script>"
      try page.write(toFile: "\(folder)/wrong.html", atomically: true, encoding: .utf8)
      let outcome = try browse("\(folder)/wrong.html", ["--dump-dom"], width: 400, folder: folder)
      #expect(outcome.errors.contains("CONSOLE"))
    }
  }
}
