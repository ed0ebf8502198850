import Foundation

/// What two steps of stochastic gradient descent make of a deep network in PyTorch: one file of `fixtures/references/steps`,
/// written by `fixtures/make/steps.py` in 64-bit arithmetic.
public struct ReferenceSteps: Decodable, Sendable {
  /// The batch's sizes, `[n, c, h, w]`.
  public let input: [Int]
  /// The path of the images in `FormulaWeights`.
  public let pixels: String
  /// How far the numbers may be off; nil for 5e-4.
  public let limit: Double?
  /// The mean cross-entropy before each step and after the last.
  public let losses: [Double]
  /// By module what the steps leave behind: the momentum of its parameters and then its running statistics, in PyTorch's
  /// order.
  public let tensors: [String: [Summary]]

  /// A tensor in a few numbers.
  public struct Summary: Decodable, Sendable {
    /// The Euclidean norm.
    public let length: Double
    /// The sum of all elements times `FormulaWeights.units(path: "projection", ...)`: no element goes unseen.
    public let projection: Double
    /// The element in the middle.
    public let middle: Double
    /// Where the gradient cancels to 0, the sum of the magnitudes that cancel.
    public let cancelled: Double?

    /// Reads the numbers in that order.
    public init(from decoder: any Decoder) throws {
      var numbers = try decoder.unkeyedContainer()
      length = try numbers.decode(Double.self)
      projection = try numbers.decode(Double.self)
      middle = try numbers.decode(Double.self)
      cancelled = try numbers.decodeIfPresent(Double.self)
    }

    /// The largest difference of `tensor`'s numbers from these: of length and projection as a share of the length, of the
    /// element as a share of itself or of a typical one, or all of what cancels.
    public func difference(_ tensor: [Float]) -> Double {
      let units = FormulaWeights.units(path: "projection", count: tensor.count)
      let found = (
        length: tensor.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot(),
        projection: zip(tensor, units).reduce(0) { $0 + Double($1.0) * $1.1 }, middle: Double(tensor[tensor.count / 2])
      )
      let scale = max(length, cancelled ?? 0, 1e-30)
      let typical = max(abs(middle), scale / Double(tensor.count).squareRoot(), cancelled ?? 0)
      let differences = [
        abs(found.length - length) / scale, abs(found.projection - projection) / scale,
        abs(found.middle - middle) / typical,
      ]
      return differences.contains { !$0.isFinite } ? .infinity : differences.reduce(0, max)
    }
  }

  /// The numbers in `fixtures/references/steps/<name>.json`.
  public init(named name: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Fixture.data("references/steps/\(name).json"))
  }

  /// The names of the networks, as in `googlenet`.
  public static let names: [String] = ReferenceNumbers.names(in: "steps")
}
