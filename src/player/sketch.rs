//! Regions while they are drawn with the mouse.

use std::sync::Arc;

use super::region::{
    FramePoint, ProbeRegion, ellipse_between, of_frame, painted, rectangle_between,
};
use crate::ops::mask::shape::RegionShape;

/// What the mouse draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegionTool {
    Rect,
    Ellipse,
    Polygon,
    Freehand,
    Line,
    /// A line whose name is the speed along it.
    Velocity,
    Brush,
    Eraser,
    /// Paints pixels whose values are in a range.
    ThresholdBrush,
}

impl RegionTool {
    /// How to use it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Rect => "draw a rectangle with the mouse",
            Self::Ellipse => "draw an ellipse with the mouse",
            Self::Polygon => "click the corners of a polygon, then press Enter",
            Self::Freehand => "draw a region with the mouse",
            Self::Line => "draw a line with the mouse",
            Self::Velocity => "draw a line in the direction of the wave",
            Self::Brush => "paint the selected region or a new one; Escape ends",
            Self::Eraser => "erase the selected region; Escape ends",
            Self::ThresholdBrush => "paint by value; 9 sets the range, Escape ends",
        }
    }

    /// Whether it stays in the hand after it was used.
    pub(super) fn stays(self) -> bool {
        matches!(self, Self::Brush | Self::Eraser | Self::ThresholdBrush)
    }
}

/// Region being drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sketch {
    pub(super) panel: usize,
    pub(super) tool: RegionTool,
    /// Positions of the mouse in the frame.
    pub(super) points: Vec<FramePoint>,
}

impl Sketch {
    /// Continues to a position of the mouse.
    pub(super) fn drag(&mut self, to: FramePoint) {
        match self.tool {
            RegionTool::Freehand
            | RegionTool::Brush
            | RegionTool::Eraser
            | RegionTool::ThresholdBrush => {
                const LEAST: f64 = 0.4;
                let last = self.points.last();
                let is_far = |from: &FramePoint| LEAST < (to.0 - from.0).hypot(to.1 - from.1);
                if last.is_none_or(is_far) {
                    self.points.push(to);
                }
            }
            RegionTool::Rect | RegionTool::Ellipse | RegionTool::Line | RegionTool::Velocity => {
                self.points.truncate(1);
                self.points.push(to);
            }
            RegionTool::Polygon => {
                if let Some(last) = self.points.last_mut() {
                    *last = to;
                }
            }
        }
    }

    /// The region, if it is one; a brush and an eraser of a radius change the paintable pixels of
    /// another.
    pub(super) fn region(
        &self,
        size: (usize, usize),
        (radius, changed, paintable): (f64, Option<&ProbeRegion>, Option<&[bool]>),
    ) -> Option<ProbeRegion> {
        let points = &self.points;
        let (first, last) = (*points.first()?, *points.last()?);
        let positions = || points.iter().copied().map(of_frame).collect::<Vec<_>>();
        let shape = match self.tool {
            RegionTool::Rect => RegionShape::Rectangle(rectangle_between(first, last, size)),
            RegionTool::Ellipse => ellipse_between(first, last, size),
            RegionTool::Line | RegionTool::Velocity => {
                RegionShape::Line(vec![of_frame(first), of_frame(last)])
            }
            RegionTool::Polygon | RegionTool::Freehand if points.len() < 3 => return None,
            RegionTool::Polygon => RegionShape::Polygon(positions()),
            RegionTool::Freehand => RegionShape::Freehand(positions()),
            RegionTool::Brush | RegionTool::Eraser | RegionTool::ThresholdBrush => {
                let before = changed.map_or_else(Vec::new, |region| region.runs(size));
                let brush = (radius, self.tool == RegionTool::Eraser, paintable);
                RegionShape::Mask {
                    frame: [size.1, size.0],
                    runs: Arc::from(painted(&before, points, brush, size)),
                }
            }
        };
        let region = ProbeRegion::Shape(shape);
        (!region.runs(size).is_empty()).then_some(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(tool: RegionTool, points: &[FramePoint]) -> Sketch {
        let mut sketch = Sketch {
            panel: 0,
            tool,
            points: points[..1].to_vec(),
        };
        points[1..].iter().for_each(|point| sketch.drag(*point));
        sketch
    }

    #[test]
    fn a_drag_makes_the_shape_of_its_tool() {
        let size = (20, 10);
        let drawn = |tool| {
            let way = [(1.0, 1.0), (6.0, 1.2), (6.0, 5.0)];
            sketch(tool, &way).region(size, (1.0, None, None))
        };
        let shape = |tool| drawn(tool).and_then(|region| region.shape().cloned());
        let rect = RegionShape::Rectangle([1, 1, 5, 6]);
        assert_eq!(shape(RegionTool::Rect), Some(rect));
        let ellipse = RegionShape::ellipse_in([1.0, 1.0, 5.0, 6.0]);
        assert_eq!(shape(RegionTool::Ellipse), Some(ellipse));
        let line = RegionShape::Line(vec![[0.5, 0.5], [4.5, 5.5]]);
        assert_eq!(shape(RegionTool::Line), Some(line));
        let Some(RegionShape::Freehand(points)) = shape(RegionTool::Freehand) else {
            panic!("no freehand region");
        };
        assert_eq!(points.len(), 3);
        assert!(matches!(
            shape(RegionTool::Brush),
            Some(RegionShape::Mask { .. })
        ));
        assert_eq!(
            drawn(RegionTool::Eraser),
            None,
            "nothing is left of nothing"
        );
        let thin = sketch(RegionTool::Freehand, &[(1.0, 1.0), (1.0, 3.0), (1.0, 1.1)]);
        assert_eq!(
            thin.region(size, (1.0, None, None)),
            None,
            "it holds no pixel"
        );
    }
}
