//! What happens when in a video: read from what a model said, all of it or, where a part is wrong, none.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::words::named;
use crate::domain::words::words;

/// Seconds by which what is said next may begin before what was said ends.
const OVERLAP_MAX: f64 = 0.1;
/// What sums of decimal seconds may be off by, in seconds.
const ROUNDING: f64 = 1e-6;
/// Faults that are told of one analysis. More of them tell no more.
const FAULTS_MAX: usize = 20;

words! {
    /// Who speaks.
    Speaker {
        /// A voice that is not seen.
        Narrator = "narrator",
        /// A customer.
        Testimonial = "testimonial",
        /// Whoever made the product.
        Founder = "founder",
    }

    /// Where words stand.
    Position {
        /// In the upper third.
        Top = "top",
        /// In the middle.
        Center = "center",
        /// In the lower third.
        Bottom = "bottom",
    }

    /// How words are written.
    Style {
        /// Heavy.
        Bold = "bold",
        /// As usual.
        Regular = "regular",
    }
}

/// Seconds of the longest video Meta takes: 241 minutes. **Source:** Meta's ads guide, "Facebook feed video ads".
pub(super) const SECONDS_MAX: u32 = 14_460;

/// Something said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Segment {
    /// When it begins, in seconds from the start.
    pub start_sec: f64,
    /// When it ends.
    pub end_sec: f64,
    /// In which words.
    pub text: String,
    /// By whom, where that is known.
    pub speaker: Option<Speaker>,
}

/// Words that are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Overlay {
    /// When they come, in seconds from the start.
    pub start_sec: f64,
    /// When they go, where that is known.
    pub end_sec: Option<f64>,
    /// The words.
    pub text: String,
    /// Where they stand.
    pub position: Option<Position>,
    /// How they are written.
    pub style: Option<Style>,
}

/// A scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Scene {
    /// When it begins, in seconds from the start.
    pub timestamp_sec: f64,
    /// What is seen.
    pub scene_description: Option<String>,
    /// What matters of it.
    pub key_elements: Vec<String>,
    /// Words shown in it.
    pub text_overlay: Option<String>,
}

/// What happens when.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Timeline {
    /// What is said; `None` where nothing is known of it.
    pub segments: Option<Vec<Segment>>,
    /// Words that are shown.
    pub overlays: Vec<Overlay>,
    /// Scenes; `None` where nothing is known of them.
    pub scenes: Option<Vec<Scene>>,
}

/// Reads the three lists, each of which may be null. What is wrong comes in place of them.
pub(super) fn read(
    segments: &Value,
    overlays: &Value,
    scenes: &Value,
) -> Result<Timeline, Vec<String>> {
    let mut faults = vec![];
    let segments = items("transcript_segments", segments, segment, &mut faults);
    check_order(segments.as_deref().unwrap_or_default(), &mut faults);
    let overlays = items("text_overlays", overlays, overlay, &mut faults);
    let scenes = items("storyboard", scenes, scene, &mut faults);
    if faults.is_empty() {
        Ok(Timeline {
            segments,
            overlays: overlays.unwrap_or_default(),
            scenes,
        })
    } else {
        faults.truncate(FAULTS_MAX);
        Err(faults)
    }
}

/// Each item, or what is wrong with it.
fn items<T>(
    name: &str,
    list: &Value,
    read: fn(&Value) -> Result<T, &'static str>,
    faults: &mut Vec<String>,
) -> Option<Vec<T>> {
    let list = match list {
        Value::Null => return None,
        Value::Array(list) => list,
        _ => {
            faults.push(format!("{name} is no list"));
            return None;
        }
    };
    let mut items = vec![];
    for (at, item) in list.iter().enumerate() {
        match read(item) {
            Ok(item) => items.push(item),
            Err(fault) => faults.push(format!("{name}[{at}] {fault}")),
        }
    }
    Some(items)
}

/// What is said comes one after the other.
fn check_order(segments: &[Segment], faults: &mut Vec<String>) {
    for (at, segment) in segments.iter().enumerate() {
        if segment.end_sec < segment.start_sec {
            faults.push(format!("transcript_segments[{at}] ends before it begins"));
        }
    }
    for (at, (before, after)) in segments.iter().zip(segments.iter().skip(1)).enumerate() {
        let overlap = before.end_sec - after.start_sec;
        if overlap > OVERLAP_MAX + ROUNDING {
            let at = at + 1;
            faults.push(format!(
                "transcript_segments[{at}] begins {overlap:.1} s before the end of the one before"
            ));
        }
    }
}

fn segment(item: &Value) -> Result<Segment, &'static str> {
    Ok(Segment {
        start_sec: seconds(item, "start_sec").ok_or("has no start_sec")?,
        end_sec: end(item).ok_or("has no end_sec")?,
        text: text(item, "text").ok_or("has no text")?,
        speaker: word(item, "speaker", Speaker::ALL, Speaker::name),
    })
}

fn overlay(item: &Value) -> Result<Overlay, &'static str> {
    Ok(Overlay {
        start_sec: seconds(item, "start_sec").ok_or("has no start_sec")?,
        end_sec: end(item),
        text: text(item, "text").ok_or("has no text")?,
        position: word(item, "position", Position::ALL, Position::name),
        style: word(item, "style", Style::ALL, Style::name),
    })
}

fn scene(item: &Value) -> Result<Scene, &'static str> {
    let elements = item.get("key_elements").and_then(Value::as_array);
    let elements = elements.into_iter().flatten();
    Ok(Scene {
        timestamp_sec: seconds(item, "timestamp_sec").ok_or("has no timestamp_sec")?,
        scene_description: text(item, "scene_description"),
        key_elements: elements
            .filter_map(|it| Some(clean(it.as_str()?)))
            .collect(),
        text_overlay: text(item, "text_overlay"),
    })
}

/// When it ends, said as such or as how long it lasts.
fn end(item: &Value) -> Option<f64> {
    seconds(item, "end_sec").or_else(|| {
        let lasts = seconds(item, "duration_sec").or_else(|| seconds(item, "duration"))?;
        Some(seconds(item, "start_sec")? + lasts)
    })
}

/// A moment or a time; never before the start, and no longer than any video.
fn seconds(item: &Value, name: &str) -> Option<f64> {
    let longest = f64::from(SECONDS_MAX);
    item.get(name)?
        .as_f64()
        .filter(|seconds| (0.0..=longest).contains(seconds))
}

fn text(item: &Value, name: &str) -> Option<String> {
    item.get(name)?.as_str().map(clean)
}

fn clean(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

fn word<T: Copy>(item: &Value, name: &str, all: &[T], name_of: fn(T) -> &'static str) -> Option<T> {
    named(all, name_of, item.get(name)?.as_str()?)
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
