import Tensors
import Testing

@Suite("Shapes and tensors")
struct TensorTests {
  @Test(
    "A shape knows its count and how to write itself",
    arguments: [
      ([] as Shape, 1, ""), ([7] as Shape, 7, "7"), ([2, 3, 4] as Shape, 24, "2x3x4"), ([5, 0] as Shape, 0, "5x0"),
    ])
  func shapes(shape: Shape, count: Int, text: String) {
    #expect(shape.count == count)
    #expect(shape.description == text)
    #expect(shape.rank == shape.sizes.count)
  }

  @Test("A filled tensor has one value everywhere")
  func filled() {
    #expect(Tensor([2, 2], filledWith: 3).values == [3, 3, 3, 3])
    #expect(Tensor([]).values == [0])
  }

  @Test("Rows are the outermost elements in order")
  func rows() {
    let tensor = Tensor([3, 1, 2], [0, 1, 10, 11, 20, 21])
    #expect(tensor[rows: 1..<3] == Tensor([2, 1, 2], [10, 11, 20, 21]))
    #expect(tensor[rows: 0..<0] == Tensor([0, 1, 2]))
  }

  @Test("A tensor that its values do not fill is a programmer's error")
  func mismatch() async {
    await #expect(processExitsWith: .failure) { _ = Tensor([2, 2], [1, 2, 3]) }
  }
}
