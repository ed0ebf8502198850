import Archives
import Failures
import Tensors

/// The built-in hand-written digits: 1,797 images of 8x8 pixels, each a count of 0...16 dark dots.
///
/// They are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998), UCI Machine
/// Learning Repository, https://doi.org/10.24432/C50P49, licensed under CC BY 4.0, as scikit-learn's `load_digits` gives
/// them. Changed: 0...16 is scaled to 0...255 and rounded, and the images are split: the final 360 are the
/// test images, as `train_test_split(test_size=0.2, shuffle=False)` has it.
///
/// - Throws: `.internal` if the data that is part of this program is damaged.
func readDigits(_ split: Split) throws -> LabeledImages {
  let count = 1797
  let place = "built-in digits"
  let packed = decodedBase64(digitsFirstHalf.utf8) + decodedBase64(digitsSecondHalf.utf8)
  let bytes = try gunzip(packed, limit: count * 65, name: place)
  guard bytes.count == count * 65 else { throw Failure(.internal, "\(place): \(bytes.count) bytes") }
  let images = split == .train ? 0..<count - 360 : count - 360..<count
  let pixels = bytes[count + images.lowerBound * 64..<count + images.upperBound * 64]
  return try LabeledImages(
    name: "digits", split: split, imageShape: [1, 8, 8],
    pixels: .bytes(pixels.map { UInt8((Int($0) * 255 + 8) / 16) }), labels: bytes[images].map(Int.init),
    classNames: numberNames(10), place: place)
}

/// The bytes that base64 `text` stands for; line breaks and padding are skipped.
private func decodedBase64(_ text: String.UTF8View) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count * 3 / 4)
  var (bits, width): (UInt32, UInt32) = (0, 0)
  for character in text {
    let value: UInt8
    switch character {
    case 0x41...0x5A: value = character - 0x41
    case 0x61...0x7A: value = character - 0x61 + 26
    case 0x30...0x39: value = character - 0x30 + 52
    case 0x2B: value = 62
    case 0x2F: value = 63
    default: continue
    }
    (bits, width) = (bits << 6 | UInt32(value), width + 6)
    if width >= 8 {
      width -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> width))
    }
  }
  return bytes
}
