//! Regions and masks that are drawn in a window of the player.

use optimap::ops::mask::shape::RegionShape;
use optimap::player::region::ProbeRegion;
use optimap::player::{Event, Key, Player};

use super::golden::check_picture;
use super::player_keys::{MS, SIZE, position, press, single};

/// Presses the button at one part of the first video, drags it to others, and releases it.
pub(super) fn drag(player: &Player, way: &[(f32, f32)]) {
    let at = |part: &(f32, f32)| position(player, 0, *part);
    let (x, y) = at(&way[0]);
    player.handle(Event::Press(x, y), SIZE);
    for part in &way[1..] {
        let (x, y) = at(part);
        player.handle(Event::Drag(x, y), SIZE);
    }
    player.handle(Event::Release, SIZE);
}

fn kinds(player: &Player) -> Vec<&'static str> {
    player
        .probes()
        .iter()
        .map(|probe| probe.region.kind())
        .collect()
}

#[test]
fn every_kind_of_region_is_drawn_moved_resized_and_taken_back() {
    let player = single();
    let box_way = [(0.25, 0.25), (0.3, 0.3), (0.5, 0.5)];
    press(&player, '2');
    drag(&player, &box_way);
    press(&player, '5');
    drag(&player, &box_way);
    press(&player, '4');
    drag(&player, &[(0.6, 0.6), (0.9, 0.6), (0.9, 0.9), (0.6, 0.9)]);
    press(&player, '3');
    for corner in [(0.1, 0.6), (0.3, 0.6), (0.3, 0.9)] {
        drag(&player, &[corner]);
    }
    player.handle(Event::Key(Key::Enter), SIZE);
    let all = ["ellipse", "line", "freehand", "polygon"];
    assert_eq!(kinds(&player), all);
    // What was drawn last is selected: it is moved, and a corner of it.
    let corners = |player: &Player| match &player.probes()[3].region {
        ProbeRegion::Shape(RegionShape::Polygon(corners)) => corners.clone(),
        other => panic!("{other:?}"),
    };
    let before = corners(&player);
    drag(&player, &[(0.28, 0.65), (0.33, 0.65)]);
    let moved = corners(&player);
    assert!(
        (moved[0][1] - before[0][1] - 2.0).abs() < 0.1,
        "{before:?} {moved:?}"
    );
    drag(&player, &[(0.35, 0.6), (0.5, 0.6)]);
    assert!((corners(&player)[1][1] - 19.5).abs() < 0.1);
    press(&player, 'z');
    press(&player, 'z');
    assert_eq!(corners(&player), before);
    press(&player, 'Z');
    assert_eq!(corners(&player), moved);
    player.handle(Event::Key(Key::Backspace), SIZE);
    assert_eq!(kinds(&player), all[..3]);
    press(&player, 'z');
    assert_eq!(kinds(&player), all);
}

#[test]
fn a_mask_is_painted_and_erased() {
    let player = single();
    press(&player, '6');
    drag(&player, &[(0.2, 0.5), (0.5, 0.5)]);
    assert_eq!(kinds(&player), ["mask"]);
    let area = |player: &Player| {
        let runs = player.probes()[0].region.runs((40, 30));
        runs.iter().map(|run| run.columns.len()).sum::<usize>()
    };
    let line = area(&player);
    assert!((45..70).contains(&line), "{line}");
    drag(&player, &[(0.5, 0.5), (0.5, 0.8)]);
    assert_eq!(kinds(&player), ["mask"], "the selected mask grows");
    let corner = area(&player);
    assert!(line + 20 < corner);
    press(&player, '7');
    drag(&player, &[(0.2, 0.5), (0.45, 0.5)]);
    assert!(area(&player) < corner - 30);
    player.handle(Event::Key(Key::Escape), SIZE);
    assert!(player.probes()[0].trace.wait().is_ok());
}

#[test]
fn a_brush_paints_only_values_of_its_range() {
    let player = single();
    player.seek(1);
    let painted = |player: &Player| {
        let probes = player.probes();
        let shape = probes.last().unwrap().region.shape().unwrap();
        let mask = shape.mask("test", &[30, 40]).unwrap();
        let mut inside = vec![0f32; 1200];
        let frame = mask.with_layout(mask.layout().insert_axis(0));
        frame.samples().read(0, 0..1200, &mut inside);
        let pixels = (0..1200usize).filter(|pixel| inside[*pixel] > 0.0);
        pixels.collect::<Vec<_>>()
    };
    press(&player, '8');
    player.seek(0);
    // While it is dragged it shows what it would paint: here the lower half of the frame.
    let (from, to) = (
        position(&player, 0, (0.1, 0.2)),
        position(&player, 0, (0.1, 0.9)),
    );
    player.handle(Event::Press(from.0, from.1), SIZE);
    let [above, below] = [0.3, 0.8].map(|y| position(&player, 0, (0.1, y)));
    let colors = |player: &Player| {
        let image = player.render(SIZE.0, SIZE.1);
        [above, below].map(|(x, y)| image.at(x as usize, y as usize))
    };
    let before = colors(&player);
    player.handle(Event::Drag(to.0, to.1), SIZE);
    let after = colors(&player);
    assert!(
        before[0] == after[0] && before[1] != after[1],
        "{before:?} {after:?}"
    );
    player.handle(Event::Key(Key::Escape), SIZE);
    player.handle(Event::Release, SIZE);
    assert!(player.probes().is_empty());
    player.seek(1);
    press(&player, '8');
    press(&player, '9');
    (0..40).for_each(|_| player.handle(Event::Key(Key::Backspace), SIZE));
    "1800 to 1819".chars().for_each(|char| match char {
        ' ' => player.handle(Event::Key(Key::Space), SIZE),
        char => press(&player, char),
    });
    player.handle(Event::Key(Key::Enter), SIZE);
    drag(&player, &[(0.0, 0.5), (1.0, 0.5)]);
    // The samples of the row 15 of frame 1 begin at 1800.
    assert_eq!(painted(&player), (600..620).collect::<Vec<_>>());
    // What was painted stays, and a plain brush adds the rest.
    press(&player, '6');
    drag(&player, &[(0.0, 0.5), (1.0, 0.5)]);
    assert!(painted(&player).len() > 120);
}

#[test]
fn regions_are_listed_and_selected_in_the_list() {
    let player = single();
    press(&player, 'c');
    press(&player, 'r');
    drag(&player, &[(0.25, 0.25), (0.5, 0.5)]);
    "Napex".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    press(&player, '2');
    drag(&player, &[(0.6, 0.2), (0.9, 0.8)]);
    player.handle(Event::Key(Key::Escape), SIZE);
    let without = player.layout(SIZE);
    assert!(without.region_list.is_empty());
    press(&player, 'L');
    let list = player.layout(SIZE).region_list;
    assert!(!list.is_empty() && list.right() == SIZE.0);
    player.traces().unwrap();
    let row = |index: usize| {
        (
            (list.left + 30) as f32,
            (list.top + 26 + 40 * index + 20) as f32,
        )
    };
    let click = |at: (f32, f32)| {
        player.handle(Event::Press(at.0, at.1), SIZE);
        player.handle(Event::Release, SIZE);
    };
    click(row(0));
    player.advance(5000 * MS);
    check_picture("player_region_list.png", &player.render(SIZE.0, SIZE.1));
    press(&player, 'K');
    player.handle(Event::Key(Key::Backspace), SIZE);
    assert_eq!(
        kinds(&player),
        ["ellipse"],
        "the one that was clicked is removed"
    );
    // Below the last row there is nothing to select.
    click(row(3));
    assert_eq!(kinds(&player), ["ellipse"]);
    press(&player, 'L');
    assert!(player.layout(SIZE).region_list.is_empty());
}

#[test]
fn regions_are_named_colored_and_seen_in_the_table() {
    let player = single();
    press(&player, 'r');
    drag(&player, &[(0.25, 0.25), (0.5, 0.5)]);
    let color = player.probes()[0].color;
    press(&player, 'K');
    assert_ne!(player.probes()[0].color, color);
    "Napex".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    assert_eq!(player.probes()[0].name.as_deref(), Some("apex"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.csv");
    player.save_csv(&path).unwrap();
    let table = std::fs::read_to_string(path).unwrap();
    assert!(table.starts_with("frame,apex\n0,"), "{table}");
    // A click beside it probes a pixel, a click on it selects it no more.
    drag(&player, &[(0.3, 0.3)]);
    drag(&player, &[(0.8, 0.8)]);
    assert_eq!(kinds(&player), ["rectangle", "point"]);
    drag(&player, &[(0.3, 0.3)]);
    press(&player, 'N');
    player.handle(Event::Key(Key::Escape), SIZE);
    assert_eq!(kinds(&player).len(), 2);
}

#[test]
fn golden_picture_of_regions() {
    let player = single();
    press(&player, 'c');
    press(&player, '2');
    drag(&player, &[(0.55, 0.1), (0.95, 0.5)]);
    press(&player, '4');
    drag(
        &player,
        &[(0.1, 0.1), (0.4, 0.15), (0.3, 0.4), (0.15, 0.35)],
    );
    press(&player, '5');
    drag(&player, &[(0.1, 0.9), (0.9, 0.95)]);
    press(&player, '6');
    drag(&player, &[(0.5, 0.7), (0.7, 0.6), (0.8, 0.7)]);
    player.handle(Event::Key(Key::Escape), SIZE);
    press(&player, 'r');
    drag(&player, &[(0.1, 0.5), (0.35, 0.75)]);
    "Nbase".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    player.traces().unwrap();
    player.advance(5000 * MS);
    check_picture("player_regions.png", &player.render(640, 480));
}
