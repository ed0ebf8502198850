/// How a terminal shows pictures.
public enum TerminalGraphics: Equatable, Sendable {
  /// By kitty's graphics protocol.
  case kitty
  /// By DEC's sixels.
  case sixel

  /// What the environment says of a terminal's pictures.
  package enum Hint: Equatable, Sendable {
    /// It shows them so.
    case shows(TerminalGraphics)
    /// Some terminals of that name do: it has to be asked.
    case mayShow
    /// It shows none, or nobody wants them.
    case showsNone
  }

  /// What the variables say that `environment` has the values of.
  ///
  /// Within tmux and screen a picture would need their help to come through; who wants no colours wants no pictures.
  package static func hint(_ environment: (String) -> String?) -> Hint {
    func variable(_ name: String) -> String { environment(name) ?? "" }
    let isWrapped = !variable("TMUX").isEmpty || !variable("STY").isEmpty
    guard !isWrapped, variable("NO_COLOR").isEmpty else { return .showsNone }
    let terminal = variable("TERM")
    if !variable("KITTY_WINDOW_ID").isEmpty || ["xterm-kitty", "xterm-ghostty"].contains(terminal)
      || ["ghostty", "WezTerm"].contains(variable("TERM_PROGRAM"))
    {
      return .shows(.kitty)
    }
    if ["foot", "mlterm"].contains(where: { terminal.hasPrefix($0) }) { return .shows(.sixel) }
    return terminal.hasPrefix("xterm") ? .mayShow : .showsNone
  }
}

extension StandardOutput {
  /// How the terminal shows pictures that the data goes to; nil where it shows none, or the data goes elsewhere.
  ///
  /// A terminal of which the environment does not say it is asked for its attributes (DA1), of which 4 are sixels; but only
  /// where standard input is a terminal, too, as the answer comes there.
  public func findGraphics() -> TerminalGraphics? {
    guard isTerminal else { return nil }
    switch TerminalGraphics.hint(SystemCalls.environment) {
    case .shows(let graphics): return graphics
    case .mayShow: return TerminalQuery(input: 0, output: descriptor).attributes()?.contains(4) == true ? .sixel : nil
    case .showsNone: return nil
    }
  }

  /// How many pixels across the terminal has that the data goes to; nil where it does not say, or the data goes elsewhere.
  public var pixelColumns: Int? { isTerminal ? SystemCalls.pixelColumns(descriptor) : nil }
}
