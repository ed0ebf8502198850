import TestSupport
import Testing

/// Programs on processors that have less than this one; oneDNN leaves out what they lack where a variable says so.
@Suite("Other processors") struct ProcessorTests {
  @Test(
    "Parts of the images give the records of all, to the byte, whatever the processor has",
    arguments: ["AVX2", "SSE41", "AVX512_CORE"])
  func parts(instructions: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        """
        export ONEDNN_MAX_CPU_ISA=\(instructions) DNNL_MAX_CPU_ISA=\(instructions)
        attack() { cusp-attack \(try TrainedModel.digits.get().path) --quiet --limit 90 --steps 5 --threads 2 "$@"; }
        attack --norm l2 --epsilon 0.7 > whole
        for part in 1 2 3; do attack --norm l2 --epsilon 0.7 --shard $part/3 --batch-size 7; done | cmp - whole && echo same
        attack --fab --epsilon 0.1 > first; attack --fab --epsilon 0.1 | cmp - first && echo same
        """, folder: folder)
      #expect(outcome.text == "same\nsame\n", "\(outcome.errors)")
    }
  }
}
