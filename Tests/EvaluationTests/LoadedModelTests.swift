import Checkpoints
import Evaluation
import Files
import Networks
import PortableBackend
import Programs
import Tensors
import Testing

@Suite("Models read from files")
struct LoadedModelTests {
  @Test("A model knows its file, its digest, its channels and the data it was trained on")
  func loaded() throws {
    let digest = try makeCheckpoint().digest
    try withModel(configuration: #"{"data":"cifar10:/x"}"#) { model in
      #expect(model.path.hasSuffix("/model.h5"))
      #expect((model.digest, model.data, model.channels) == (digest, "cifar10:/x", 1))
      #expect(model.graph.imageShape == [1, 8, 8])
      let backend = PortableBackend(threads: 1)
      let other = try LoadedModel(reading: InputFile(path: model.path), data: "fashion:/y", on: backend)
      #expect(other.data == "fashion:/y")
    }
    for configuration in ["", "{}", #"{"data":7}"#, "no JSON"] {
      #expect(try withModel(configuration: configuration, \.data) == "digits")
    }
  }

  @Test("Both programs of a model are for its images and classes")
  func programs() throws {
    try withModel { model in
      let (classifier, gradient) = try (model.inference(), model.inputGradient())
      #expect((classifier.classCount, classifier.imageShape) == (10, [1, 8, 8]))
      #expect((gradient.classCount, gradient.batchSize) == (10, classifier.batchSize))
    }
  }
}
