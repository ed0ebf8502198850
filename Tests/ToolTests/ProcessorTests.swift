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

  @Test("CUSP_ISA has this processor stand for one without AVX-512: other kernels, the same predictions")
  func instructions() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        """
        cusp-train --quiet --epochs 1 --limit 64 --output m.h5 > /dev/null
        predict() { cusp-evaluate m.h5 --predictions --limit 60 --quiet | cut -d, -f1-12; }
        predict > wide; CUSP_ISA=avx2 predict > narrow; cmp wide narrow && wc -l < narrow
        CUSP_ISA=avx2 cusp-bench resnet18 --layers --batch 4 --repeats 1 --quiet | grep -c '"implementation":"winograd:avx2"'
        """, folder: folder)
      let lines = outcome.text.split(separator: "\n").compactMap { Int($0) }
      #expect(lines.count == 2 && lines.first == 60, "\(outcome.text)\(outcome.errors)")
      // 3x3 convolutions of stride 1, there and back, where the processor has AVX2 at all.
      #expect(lines.last ?? 0 > 20 || lines.last == 0)
    }
  }

  @Test("Instructions that are none are refused in one line")
  func unknown() throws {
    let outcome = try BuiltTool("cusp-bench").run(["lenet", "--quiet"], environment: ["CUSP_ISA": "avx9"])
    #expect(outcome.status == 64)
    #expect(
      outcome.errors == "cusp-bench: CUSP_ISA=avx9: give avx512, avx2 or neon; --engine portable needs neither\n")
  }
}
