import Files
import Testing

/// How much room there is, where a path leads or would lead.
@Suite struct FreeSpaceTests {
  @Test("A folder that is not there yet has the room of the nearest that is")
  func nearestFolder() throws {
    let here = try #require(freeSpace(at: "/"))
    let below = try #require(freeSpace(at: "/not/there/at/all"))
    #expect(here > 0)
    // Other programs write meanwhile.
    #expect(abs(here - below) < 1 << 30)
  }
}
