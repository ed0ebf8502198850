import Datasets
import Failures
import Tensors
import TestSupport
import Testing

@Suite("Images on a canvas")
struct CanvasTests {
  @Test("Every image is in the middle of a black square, as by numpy.pad")
  func pixels() throws {
    let expected = try Expected.load().canvas
    #expect(expected.count == 3)
    try load("canvas:9:mnist:\(datasetPath("mnist"))", .test).expect(try #require(expected["mnist"]))
    try load("canvas:40:cifar10:\(datasetPath("cifar10"))", .test).expect(try #require(expected["cifar10"]))
    // Floats and bytes alike.
    for name in ["gray-nchw.npz", "gray-nhw-doubles.npz", "gray-nchw.h5"] {
      try load("canvas:24:\(datasetPath(name))").expect(try #require(expected["gray"]))
    }
  }

  @Test("A canvas of the image's own size, and one in another, change nothing but the place")
  func nested() throws {
    let (plain, same) = (try load("digits", .test), try load("canvas:8:digits", .test))
    let (once, twice) = (try load("canvas:14:digits", .test), try load("canvas:14:canvas:10:digits", .test))
    #expect(same.imageShape == plain.imageShape && once.imageShape == [1, 14, 14] && once.name == "digits")
    for index in [0, 17, 359] {
      #expect(same.pixelValues(of: index) == plain.pixelValues(of: index))
      #expect(twice.pixelValues(of: index) == once.pixelValues(of: index))
      #expect(once.label(of: index) == plain.label(of: index))
      let sum = plain.pixelValues(of: index).reduce(0, +)
      #expect(abs(once.pixelValues(of: index).reduce(0, +) - sum) < 1e-4)
    }
    #expect(once.haveEightBits == plain.haveEightBits && once.classNames == plain.classNames)
  }

  @Test("What is no canvas for the images is refused with what would be", arguments: [7, 33, Int.max])
  func sizes(side: Int) {
    expectFailure(.usage, "digits: images are [1x8x8]; give a canvas of 8 to 32") {
      _ = try load("canvas:\(side):digits")
    }
  }

  @Test(
    "A canvas without a side or without data is refused",
    arguments: ["canvas:", "canvas:40", "canvas:0:digits", "canvas:-3:digits", "canvas:x:digits", "canvas:1.5:digits"])
  func incomplete(text: String) {
    expectFailure(.usage, "\(text): give a canvas its side in pixels and a data set, as in canvas:40:mnist:DIR") {
      _ = try DatasetReference(text)
    }
  }

  @Test("Its files are the data set's, and none is written by that name")
  func files() throws {
    let data = try DatasetReference("mnist:\(datasetPath("mnist"))")
    let canvas = try DatasetReference("canvas:9:\(data)")
    #expect(canvas.inputFiles == data.inputFiles && canvas.outputFiles.isEmpty)
    #expect(try canvas.loadAll().map(\.count) == data.loadAll().map(\.count))
    expectFailure(.usage, "\(canvas): is only read") { try canvas.write(try data.loadAll()) }
  }
}
