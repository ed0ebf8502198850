public import Records

extension Figure {
  /// This figure as a Vega-Lite 5 specification with its data in it.
  public var vegaLite: JSON {
    let views = panels.map { panel in
      switch panel {
      case .chart(let chart): view(chart)
      case .grid(let grid): view(grid)
      }
    }
    return object(
      [("$schema", .string("https://vega.github.io/schema/vega-lite/v5.json")), ("description", .string(caption))]
        + (title.isEmpty ? [] : [("title", .string(title))]) + [("vconcat", .array(views))])
  }

  private func view(_ chart: Chart) -> JSON {
    let drawn = chart.series.filter { $0.shape != .thread }
    let rows = drawn.flatMap { series in
      series.points.compactMap(\.self).map { point in
        object(
          [("series", .string(names[series.style])), ("x", .number(point.x)), ("y", .number(point.y))]
            + ends(point.horizontal, "x") + ends(point.vertical, "y"))
      }
    }
    let series = object([
      ("field", .string("series")), ("type", .string("nominal")), ("title", .null),
      ("scale", object([("range", colours)])),
    ])
    func layer(_ mark: String, _ channels: [(String, JSON)]) -> JSON {
      object([("mark", .string(mark)), ("encoding", object(channels))])
    }
    let (x, y) = (channel("x", chart.x), channel("y", chart.y))
    let hasLines = drawn.contains { $0.shape != .dots }
    let band = object([("type", .string("area")), ("opacity", .number(0.15))])
    let areas = object([
      ("mark", band),
      ("encoding", object([("x", x), ("y", field("y_lower")), ("y2", field("y_upper")), ("color", series)])),
    ])
    let bars = [
      layer("rule", [("x", x), ("y", field("y_lower")), ("y2", field("y_upper")), ("color", series)]),
      layer("rule", [("y", y), ("x", field("x_lower")), ("x2", field("x_upper")), ("color", series)]),
    ]
    let tooltip = JSON.array(["series", "x", "y"].map { object([("field", .string($0))]) })
    let points = layer("point", [("x", x), ("y", y), ("color", series), ("tooltip", tooltip)])
    let lines = hasLines ? [areas, layer("line", [("x", x), ("y", y), ("color", series)])] : bars
    return object([
      ("width", .integer(600)), ("data", object([("values", .array(rows))])), ("layer", .array(lines + [points])),
    ])
  }

  private func view(_ grid: Grid) -> JSON {
    let rows = zip(grid.rows, grid.cells).flatMap { row, cells in
      zip(grid.columns, cells).compactMap { column, cell in
        cell.map { cell in
          object([
            ("column", .string(column)), ("row", .string(row)), ("value", .number(cell.shade)),
            ("text", .string(cell.text)),
          ])
        }
      }
    }
    func ordinal(_ name: String, _ title: String, _ order: [String]) -> JSON {
      object([
        ("field", .string(name)), ("type", .string("ordinal")), ("title", .string(title)),
        ("scale", object([("domain", .array(order.map(JSON.string)))])),
      ])
    }
    let places = [("x", ordinal("column", grid.x, grid.columns)), ("y", ordinal("row", grid.y, grid.rows))]
    let scale = object([("scheme", .string("cividis")), ("domain", .array([.integer(0), .integer(1)]))])
    let colour = object([
      ("field", .string("value")), ("type", .string("quantitative")), ("scale", scale), ("title", .null),
    ])
    let cells = object([("mark", .string("rect")), ("encoding", object(places + [("color", colour)]))])
    let texts = object([
      ("mark", .string("text")), ("encoding", object(places + [("text", object([("field", .string("text"))]))])),
    ])
    return object(
      (grid.title.isEmpty ? [] : [("title", .string(grid.title))]) + [
        ("data", object([("values", .array(rows))])), ("layer", .array([cells, texts])),
      ])
  }

  private var colours: JSON {
    .array(names.indices.map { .string(Palette.light[$0 % Palette.light.count]) })
  }

  private func channel(_ name: String, _ axis: Axis) -> JSON {
    let kind = axis.isLogarithmic ? "log" : "linear"
    let domain = JSON.array([.number(axis.range.lowerBound), .number(axis.range.upperBound)])
    let format = axis.unit == .share ? [("axis", object([("format", .string("%"))]))] : []
    return object(
      [
        ("field", .string(name)), ("type", .string("quantitative")), ("title", .string(axis.label)),
        ("scale", object([("type", .string(kind)), ("domain", domain)])),
      ] + format)
  }

  private func field(_ name: String) -> JSON { object([("field", .string(name)), ("type", .string("quantitative"))]) }

  private func ends(_ range: ClosedRange<Double>?, _ name: String) -> [(String, JSON)] {
    range.map { [("\(name)_lower", .number($0.lowerBound)), ("\(name)_upper", .number($0.upperBound))] } ?? []
  }
}

private func object(_ members: [(String, JSON)]) -> JSON { .object(members.map { JSON.Member($0.0, $0.1) }) }
