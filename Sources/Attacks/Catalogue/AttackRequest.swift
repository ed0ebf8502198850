/// What is asked of an attack; what is left open becomes the attack's own default.
public struct AttackRequest: Sendable {
  /// How distance is measured.
  public var norm = Norm.linf
  /// The budget in pixel units; nil where the attack has none.
  public var epsilon: Double?
  /// How many channels images have, on which customary steps depend.
  public var channels = 1
  /// All other settings that were chosen.
  public var values: [AttackSetting: AttackParameter.Value] = [:]

  /// A request that leaves all open.
  public init() {}

  /// The ball, where there is a budget.
  ///
  /// - Throws: `Failure` (`internal`) where there is none.
  func bound() throws -> Bound { Bound(norm: norm, epsilon: try requiredEpsilon()) }

  /// A count, or what it is where nobody says.
  subscript(setting: AttackSetting, default default: Int) -> Int { self[integer: setting] ?? `default` }

  /// A size or share, or what it is where nobody says.
  subscript(setting: AttackSetting, default default: Float) -> Float { self[number: setting] ?? `default` }

  /// A choice, or what it is where nobody says.
  subscript<Choice: RawRepresentable<String>>(setting: AttackSetting, default default: Choice) -> Choice {
    self[text: setting].flatMap(Choice.init) ?? `default`
  }

  private subscript(integer setting: AttackSetting) -> Int? {
    get { if case .integer(let value) = values[setting] { value } else { nil } }
    set { values[setting] = newValue.map { .integer($0) } }
  }

  private subscript(number setting: AttackSetting) -> Float? {
    get { if case .number(let value) = values[setting] { value } else { nil } }
    set { values[setting] = newValue.map { .number($0) } }
  }

  private subscript(text setting: AttackSetting) -> String? {
    get { if case .text(let value) = values[setting] { value } else { nil } }
    set { values[setting] = newValue.map { .text($0) } }
  }
}

extension AttackRequest {
  /// Steps.
  public var steps: Int? {
    get { self[integer: .steps] }
    set { self[integer: .steps] = newValue }
  }
  /// How far one step goes, in pixel units.
  public var stepSize: Float? {
    get { self[number: .stepSize] }
    set { self[number: .stepSize] = newValue }
  }
  /// Restarts.
  public var restarts: Int? {
    get { self[integer: .restarts] }
    set { self[integer: .restarts] = newValue }
  }
  /// The class to be taken for.
  public var target: Int? {
    get { self[integer: .target] }
    set { self[integer: .target] = newValue }
  }
  /// The seed.
  public var seed: UInt64? {
    get { self[text: .seed].flatMap { UInt64($0) } }
    set { self[text: .seed] = newValue.map { String($0) } }
  }
  /// The momentum's decay.
  public var decay: Float? {
    get { self[number: .decay] }
    set { self[number: .decay] = newValue }
  }
  /// How many classes are aimed at.
  public var targets: Int? {
    get { self[integer: .targets] }
    set { self[integer: .targets] = newValue }
  }
  /// Queries.
  public var queries: Int? {
    get { self[integer: .queries] }
    set { self[integer: .queries] = newValue }
  }
  /// The attacks of an ensemble, by name.
  public var members: [String] {
    get { if case .list(let names) = values[.members] { names } else { [] } }
    set { values[.members] = newValue.isEmpty ? nil : .list(newValue) }
  }
}
