/// Replies on their way out, in the order of their requests or as they are ready.
struct ReplyOrder {
  /// A request that has been read, and no reply to it written.
  struct Debt {
    /// Whom the reply goes to.
    let address: ReplyAddress
    /// What the request takes of the queue's bytes.
    let size: Int
  }

  private let keepsOrder: Bool
  private var debts: [Debt] = []
  private var replies: [Int: Reply] = [:]

  init(keepsOrder: Bool) { self.keepsOrder = keepsOrder }

  /// Notes that the request of a line is to be answered.
  mutating func expect(_ address: ReplyAddress, size: Int) { debts.append(Debt(address: address, size: size)) }

  /// Notes the answer to the request of `line`.
  mutating func settle(_ line: Int, with reply: Reply) { replies[line] = reply }

  /// Takes out the replies whose turn it is.
  mutating func takeReady() -> [(debt: Debt, reply: Reply)] {
    guard isReady else { return [] }
    var ready: [(debt: Debt, reply: Reply)] = []
    var open: [Debt] = []
    for debt in debts {
      if !keepsOrder || open.isEmpty, let reply = replies.removeValue(forKey: debt.address.line) {
        ready.append((debt, reply))
      } else {
        open.append(debt)
      }
    }
    debts = open
    return ready
  }

  private var isReady: Bool {
    keepsOrder ? debts.first.map { replies[$0.address.line] != nil } ?? false : !replies.isEmpty
  }
}
