import TestSupport
import Testing

/// The readers of pictures for terminals, on examples that others published.
@Suite struct TerminalPictureTests {
  @Test("The example that DEC's sixels are explained by is \"HI\" in yellow on green, with a line below")
  func greeting() throws {
    let text =
      "\u{1B}Pq#0;2;0;0;0#1;2;100;100;0#2;2;0;100;0#1~~@@vv@@~~@@~~$#2??}}GG}}??}}??-#1!14@\u{1B}\\\n"
    let picture = try SixelPicture(text.utf8)
    let letters = picture.rows.map { row in
      String(row.map { $0 == 0xFFFF00 ? "#" : $0 == 0x00FF00 ? "." : " " })
    }
    let expected = [
      "##############",
      "##..##..##..##",
      "##..##..##..##",
      "##......##..##",
      "##..##..##..##",
      "##..##..##..##",
      "##############",
    ]
    #expect(letters == expected && picture.colourCount == 3)
  }

  @Test(
    "What no terminal takes is told",
    arguments: [
      "\u{1B}Pq~", "~", "\u{1B}Pq\u{7F}\u{1B}\\\n", "\u{1B}Pq#1;2;101;0;0\u{1B}\\\n", "\u{1B}Pq\"1;1;2\u{1B}\\\n",
      "\u{1B}Pq~\n~\u{1B}\\\n",
    ])
  func sixelProblems(text: String) {
    #expect(throws: TerminalPictureProblem.self) { try SixelPicture(text.utf8) }
  }

  @Test("Pieces of kitty's protocol are put together, and what is none is told")
  func kitty() throws {
    let picture = try KittyPicture("\u{1B}_Ga=T,f=100,m=1;Zm9v\u{1B}\\\u{1B}_Gm=0;YmE=\u{1B}\\\n".utf8)
    #expect(picture.file == Array("fooba".utf8) && picture.keys == ["a=T,f=100,m=1", "m=0"])
    #expect(picture.pieces == ["Zm9v", "YmE="])
    for text in ["", "x", "\u{1B}_Gm=0;Zm9v", "\u{1B}_Gm=0\u{1B}\\\n", "\u{1B}_Gm=0;Zm9\u{1B}\\\n"] {
      #expect(throws: TerminalPictureProblem.self) { try KittyPicture(text.utf8) }
    }
  }
}
