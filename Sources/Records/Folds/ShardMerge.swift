public import Failures

/// Streams of predictions on their way to one stream: where the records of each image lie, and what keeps them from being
/// a whole.
///
/// Streams come one after the other, record by record. Memory grows with the images, by some 60 bytes each, not with what is
/// said of them.
public struct ShardMerge: Sendable {
  /// Records that follow each other in a stream and in the whole.
  public struct Piece: Hashable, Sendable {
    /// Which stream, from 0.
    public let stream: Int
    /// Where they lie in it, with the ends of their lines.
    public fileprivate(set) var bytes: Range<Int>
  }

  /// What is to be one: the settings, and where the records of their images lie.
  struct Entry: Sendable {
    let model: Int
    let index: Int
    /// Which of `lists` has the settings of its predictions.
    let list: Int
    let stream: Int
    let bytes: Range<Int>
  }

  /// All settings that came, however their models' files are called, in the order of their first record.
  private(set) var settings: [Setting] = []
  /// The settings of each stream, by their places among `settings`, in that order.
  private(set) var streams: [[Int]] = []
  /// The lists of settings that images have in a stream.
  private(set) var lists: [[Int]] = []
  private(set) var entries: [Entry] = []
  /// Records that no program of this package reads, in their order.
  public private(set) var others: [Piece] = []

  private var models: [String: Int] = [:]
  private var places: [Setting: Int] = [:]
  private var listPlaces: [[Int]: Int] = [:]
  private var last: (setting: Setting, place: Int)?
  private var open: (model: Int, index: Int, settings: [Int], bytes: Range<Int>)?

  /// No stream.
  public init() {}

  /// Whether no prediction came.
  public var isEmpty: Bool { entries.isEmpty && open == nil }

  /// Begins the next stream.
  public mutating func begin() {
    close()
    streams.append([])
  }

  /// Takes in the next record of the stream, which lies at `bytes` in it with the end of its line.
  ///
  /// - Returns: whether it is part of the whole; what is not is known, but no prediction.
  /// - Throws: `Failure(.data)` for a prediction that is none, or of an image that its setting does not have.
  public mutating func add(_ record: StreamRecord, at bytes: Range<Int>) throws(Failure) -> Bool {
    if streams.isEmpty { begin() }
    switch record.type {
    case PredictionRecord.type:
      let prediction = try record.decode(PredictionRecord.self)
      let total = prediction.setting.total
      guard (0..<max(total ?? Int.max, 0)).contains(prediction.index) else {
        let words = total.map { "image \(prediction.index) of a `total` of \($0)" } ?? "image \(prediction.index)"
        throw Failure(.data, "line \(record.line): \(words); positions are 0 to total - 1")
      }
      let place = place(of: prediction.setting)
      if streams[streams.count - 1].last != place, !streams[streams.count - 1].contains(place) {
        streams[streams.count - 1].append(place)
      }
      add(prediction.setting.model, prediction.index, place, at: bytes)
    case TraceRecord.type:
      // What led to a prediction stays before it.
      let trace = try record.decode(TraceRecord.self)
      add(trace.setting.model, trace.index, nil, at: bytes)
    default:
      guard !record.isKnown else { return false }
      others.extend(by: Piece(stream: streams.count - 1, bytes: bytes))
    }
    return true
  }

  private mutating func add(_ digest: String, _ index: Int, _ setting: Int?, at bytes: Range<Int>) {
    let model = models[digest, default: models.count]
    models[digest] = model
    if let open, open.model == model, open.index == index, open.bytes.upperBound == bytes.lowerBound {
      self.open?.bytes = open.bytes.lowerBound..<bytes.upperBound
    } else {
      close()
      open = (model, index, [], bytes)
    }
    if let setting { open?.settings.append(setting) }
  }

  /// Ends the image whose records came last.
  private mutating func close() {
    guard let image = open else { return }
    let list = listPlaces[image.settings, default: lists.count]
    if list == lists.count {
      listPlaces[image.settings] = list
      lists.append(image.settings)
    }
    entries.append(
      Entry(model: image.model, index: image.index, list: list, stream: streams.count - 1, bytes: image.bytes))
    open = nil
  }

  /// Most records are of the setting before, which one comparison tells.
  private mutating func place(of setting: Setting) -> Int {
    if let last, last.setting == setting { return last.place }
    let key = setting.normalised
    let place = places[key, default: settings.count]
    if place == settings.count {
      places[key] = place
      settings.append(key)
    }
    last = (setting, place)
    return place
  }

  /// What became of the streams, now that all are in.
  public mutating func finish() -> Whole {
    close()
    return Whole(self)
  }
}

extension [ShardMerge.Piece] {
  /// Adds `piece`, or makes the last one longer where it follows that immediately.
  mutating func extend(by piece: ShardMerge.Piece) {
    if let last, last.stream == piece.stream, last.bytes.upperBound == piece.bytes.lowerBound {
      self[count - 1].bytes = last.bytes.lowerBound..<piece.bytes.upperBound
    } else {
      append(piece)
    }
  }
}
