import Tensors

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension Planes {
  /// Adds normal noise of this deviation.
  mutating func addNoise(_ deviation: Double, _ generator: inout Generator) {
    let noise = normals(&generator)
    for place in values.indices { values[place] += deviation * noise[place] }
  }

  /// Adds normal noise of this deviation times the pixel.
  mutating func multiplyNoise(_ deviation: Double, _ generator: inout Generator) {
    let noise = normals(&generator)
    for place in values.indices { values[place] += values[place] * deviation * noise[place] }
  }

  /// Has as many photons come as Poisson's distribution has it, of `count` where it is white.
  mutating func countPhotons(_ count: Double, _ generator: inout Generator) {
    for place in values.indices { values[place] = Double(generator.poisson(values[place] * count)) / count }
  }

  /// Makes this share of the numbers 0 or 1, each as often.
  mutating func addImpulses(_ share: Double, _ generator: inout Generator) {
    for place in values.indices {
      let (chosen, salted) = (Double(generator.uniform()) < share, generator.uniform() < 0.5)
      if chosen { values[place] = salted ? 1 : 0 }
    }
  }

  /// A normal number for each pixel value, in pairs.
  private func normals(_ generator: inout Generator) -> [Double] {
    [Float](unsafeUninitializedCapacity: values.count) { buffer, initialized in
      buffer.initialize(repeating: 0)
      generator.fillNormal(UnsafeMutableBufferPointer(rebasing: buffer[..<values.count]))
      initialized = values.count
    }.map(Double.init)
  }
}

extension Generator {
  /// A number with Poisson's distribution of this mean: how many factors `(word + 1) / 2^32` it takes for their product to
  /// fall below `exp(-mean)`, less one (Knuth).
  ///
  /// - Precondition: `mean` is at most 700, beyond which the exponential is none any more.
  mutating func poisson(_ mean: Double) -> Int {
    let end = exp(-mean)
    var (count, product) = (0, 1.0)
    while true {
      product *= (Double(nextUInt32()) + 1) * 0x1p-32
      if product < end { return count }
      // A mean of 0 would never end: no product of numbers up to 1 need fall below 1.
      if mean <= 0 { return 0 }
      count += 1
    }
  }
}
