use serde_json::json;

use super::*;

fn faults(segments: Value, overlays: Value, scenes: Value) -> Vec<String> {
    read(&segments, &overlays, &scenes)
        .err()
        .unwrap_or_default()
}

fn spoken(times: &[(f64, f64)]) -> Value {
    let segment =
        |(start, end): &(f64, f64)| json!({"start_sec": start, "end_sec": end, "text": "so"});
    times.iter().map(segment).collect()
}

#[test]
fn a_timeline_is_read_as_it_was_said() {
    let timeline = read(
        &json!([{"start_sec": 0, "end_sec": 2.5, "text": " Look\0 ", "speaker": "Founder"}]),
        &json!([{"start_sec": 1.5, "duration": 2, "text": "-30 %", "position": "top", "style": "thin"}, {"start_sec": 4, "text": ""}]),
        &json!([{"timestamp_sec": 0, "scene_description": "a pot", "key_elements": ["pot", 7], "text_overlay": null}]),
    );
    let overlay = Overlay {
        start_sec: 1.5,
        end_sec: Some(3.5),
        text: "-30 %".to_owned(),
        position: Some(Position::Top),
        style: None,
    };
    let silent = Overlay {
        start_sec: 4.0,
        end_sec: None,
        text: String::new(),
        position: None,
        style: None,
    };
    let expected = Timeline {
        segments: Some(vec![Segment {
            start_sec: 0.0,
            end_sec: 2.5,
            text: "Look".to_owned(),
            speaker: Some(Speaker::Founder),
        }]),
        overlays: vec![overlay, silent],
        scenes: Some(vec![Scene {
            timestamp_sec: 0.0,
            scene_description: Some("a pot".to_owned()),
            key_elements: vec!["pot".to_owned()],
            text_overlay: None,
        }]),
    };
    assert_eq!(timeline, Ok(expected));
}

#[test]
fn a_silent_video_has_no_faults() {
    let nothing = read(&Value::Null, &Value::Null, &Value::Null);
    assert_eq!(nothing, Ok(Timeline::default()));
}

#[test]
fn a_tenth_of_a_second_of_overlap_is_let_pass() {
    for overlap in [(4.4, 4.3), (2.1, 2.0), (1.0, 1.0)] {
        let said = spoken(&[(0.0, overlap.0), (overlap.1, 9.0)]);
        assert!(
            faults(said, Value::Null, Value::Null).is_empty(),
            "{overlap:?}"
        );
    }
    let said = spoken(&[(0.0, 2.0), (1.89, 3.0), (3.0, 2.0)]);
    assert_eq!(
        faults(said, Value::Null, Value::Null),
        [
            "transcript_segments[2] ends before it begins",
            "transcript_segments[1] begins 0.1 s before the end of the one before",
        ]
    );
}

#[test]
fn what_lacks_its_time_or_text_is_told() {
    let said = faults(
        json!([{"end_sec": 1, "text": "a"}, {"start_sec": 0, "text": "a"}, {"start_sec": 0, "end_sec": 1}]),
        json!([{"text": "a"}, {"start_sec": "0:01", "text": "a"}, {"start_sec": 0, "text": null}]),
        json!([{"scene_description": "a"}, {"timestamp_sec": -1}, "a"]),
    );
    assert_eq!(
        said,
        [
            "transcript_segments[0] has no start_sec",
            "transcript_segments[1] has no end_sec",
            "transcript_segments[2] has no text",
            "text_overlays[0] has no start_sec",
            "text_overlays[1] has no start_sec",
            "text_overlays[2] has no text",
            "storyboard[0] has no timestamp_sec",
            "storyboard[1] has no timestamp_sec",
            "storyboard[2] has no timestamp_sec",
        ]
    );
    assert_eq!(
        faults(Value::Null, json!({}), Value::Null),
        ["text_overlays is no list"]
    );
}

#[test]
fn faults_are_told_up_to_a_number() {
    let endless = Value::Array(vec![Value::Null; 1_000]);
    assert_eq!(faults(Value::Null, endless, Value::Null).len(), FAULTS_MAX);
}
