import Foundation
import Synchronization

/// A server of files over HTTP on this machine, well or ill behaved; it ends when nobody holds it.
public final class LoopbackServer: Sendable {
  /// How it answers.
  public enum Manner: Sendable {
    /// As servers do, with ranges where they are asked for.
    case ranges
    /// Whole files, whatever was asked for.
    case noRanges
    /// Promises all that was asked for and closes after so many bytes.
    case truncating(Int)
    /// Promises all that was asked for, sends so many bytes and then nothing.
    case stalling(Int)
    /// Sends askers to the same name below another address.
    case redirecting(String)
    /// With this status and no file.
    case failing(Int)
  }

  private let listener: Int32
  private let files: [String: [UInt8]]
  private let state: Mutex<(manner: Manner, ranges: [String])>
  /// The address below which the files lie, with a slash in the end.
  public let address: String

  /// A server of `files` by their names.
  /// - Throws: where no socket can be had.
  public init(_ files: [String: [UInt8]], _ manner: Manner = .ranges) throws {
    self.files = files
    state = Mutex((manner, []))
    #if canImport(Darwin)
      listener = socket(AF_INET, SOCK_STREAM, 0)
    #else
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    guard listener >= 0 else { throw POSIXError(.EMFILE) }
    // Programs that tests start meanwhile do not keep it.
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRINUSE) }
    address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))/"
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let self else {
          close(connection)
          return
        }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        self.answer(connection)
        close(connection)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// How it answers from now on.
  public var manner: Manner {
    get { state.withLock { $0.manner } }
    set { state.withLock { $0.manner = newValue } }
  }

  /// What was asked for so far, as in `a.gz`, or `a.gz from 12`.
  public var requests: [String] { state.withLock { $0.ranges } }

  private func answer(_ connection: Int32) {
    guard let head = head(of: connection) else { return }
    let words = head.split(separator: " ")
    let name = words.count > 1 ? String(words[1].drop { $0 == "/" }) : ""
    let range = head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("range: bytes=") }
    let asked = range.flatMap { Int($0.dropFirst("range: bytes=".count).prefix { $0.isNumber }) }
    let manner = state.withLock { state in
      state.ranges.append(asked.map { "\(name) from \($0)" } ?? name)
      return state.manner
    }
    if case .redirecting(let other) = manner {
      return send("HTTP/1.1 302 Found\r\nLocation: \(other)\(name)\r\nContent-Length: 0\r\n\r\n", to: connection)
    }
    guard case .failing(let status) = manner else {
      guard let file = files[name] else {
        return send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", to: connection)
      }
      return send(file, from: asked, manner, to: connection)
    }
    send("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n", to: connection)
  }

  private func send(_ file: [UInt8], from asked: Int?, _ manner: Manner, to connection: Int32) {
    var start = asked ?? 0
    if case .noRanges = manner { start = 0 }
    guard start < file.count || start == 0 else {
      let head =
        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */\(file.count)\r\nContent-Length: 0\r\n\r\n"
      return send(head, to: connection)
    }
    let place = "Content-Range: bytes \(start)-\(file.count - 1)/\(file.count)\r\n"
    let isPart = asked != nil && start == asked
    send(
      "HTTP/1.1 \(isPart ? "206 Partial Content" : "200 OK")\r\n\(isPart ? place : "")"
        + "Content-Length: \(file.count - start)\r\nConnection: close\r\n\r\n", to: connection)
    switch manner {
    case .truncating(let count): send(Array(file[start...].prefix(count)), to: connection)
    case .stalling(let count):
      send(Array(file[start...].prefix(count)), to: connection)
      // Until the asker goes.
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
    default: send(Array(file[start...]), to: connection)
    }
  }

  /// The request's lines.
  private func head(of connection: Int32) -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < 1 << 16, recv(connection, &byte, 1, 0) == 1 {
      bytes.append(byte)
      if bytes.suffix(4).elementsEqual([13, 10, 13, 10]) { return String(decoding: bytes, as: UTF8.self) }
    }
    return nil
  }

  private func send(_ text: String, to connection: Int32) { send(Array(text.utf8), to: connection) }

  private func send(_ bytes: [UInt8], to connection: Int32) {
    #if canImport(Darwin)
      let quietly: Int32 = 0
    #else
      let quietly = Int32(MSG_NOSIGNAL)
    #endif
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, quietly) }
      guard count > 0 else { return }
      sent += count
    }
  }
}
