//! A TrueType font of one character, for tests.

/// A font whose only character is a square.
pub(crate) fn tiny_font(char: char) -> Vec<u8> {
    let words = |numbers: &[i16]| -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect()
    };
    let (begin, end) = (100, 900);
    let square = words(&[1, begin, begin, end, end, 3, 0]);
    // On the curve, with both coordinates in full.
    let square = [square, vec![1; 4]].concat();
    let steps = [begin, end - begin, 0, begin - end, begin, 0, end - begin, 0];
    let square = [square, words(&steps)].concat();
    let len = square.len() as u32;
    let groups = [12, 16 + 12, 0, 1, u32::from(char), u32::from(char), 1];
    let groups: Vec<u8> = groups
        .iter()
        .skip(1)
        .flat_map(|number: &u32| number.to_be_bytes())
        .collect();
    let cmap = [words(&[0, 1, 3, 10, 0, 12]), words(&[12, 0]), groups].concat();
    let head = [
        words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, 1000]),
        vec![0; 16],
        words(&[0, 0, end, end, 0, 8, 2, 1, 0]),
    ]
    .concat();
    let hhea = words(&[1, 0, end, 0, 0, 1000, 0, 0, end, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    let maxp = words(&[1, 0, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let hmtx = words(&[1000, 0, 1000, begin]);
    // No outline of the glyph for missing characters.
    let loca: Vec<u8> = [0, 0, len]
        .iter()
        .flat_map(|offset: &u32| offset.to_be_bytes())
        .collect();
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap),
        (b"glyf", square),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"loca", loca),
        (b"maxp", maxp),
    ];
    let mut font = words(&[1, 0, tables.len() as i16, 64, 2, 48]);
    let mut offset = 12 + 16 * tables.len();
    let mut bodies = Vec::new();
    for (name, mut body) in tables {
        font.extend(name);
        font.extend([0; 4]);
        font.extend((offset as u32).to_be_bytes());
        font.extend((body.len() as u32).to_be_bytes());
        body.resize(body.len().next_multiple_of(4), 0);
        offset += body.len();
        bodies.extend(body);
    }
    font.extend(bodies);
    font
}
