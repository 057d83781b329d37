//! Whether a video and the page behind it say the same: one question about what is known of both. Neither is looked at
//! again.

use serde::Deserialize;
use serde_json::{Value, json};

use super::questions::{Bill, Prompt, Question, Questions, Trouble, quoted, tokens};
use crate::{
    clients::gemini::Part,
    domain::classification::{Components, Level, SaidComponent, VideoAnalysis},
    store::landing_pages::{Content, ReadPage},
};

/// Claims that are told.
const CLAIMS_MAX: usize = 5;

/// Characters of a page that are told: of a longer one, nobody reads the rest.
const PAGE_CHARACTERS_MAX: usize = 20_000;

/// Characters of a headline.
const HEADLINE_CHARACTERS_MAX: usize = 200;

/// Lines among which a headline is looked for.
const HEADLINE_LINES_MAX: usize = 20;

/// Tokens of an answer, thoughts included.
const OUTPUT_TOKENS_MAX: u32 = 8_192;

/// The question, and the shape of its answer.
///
/// # Errors
/// When our schema is no JSON.
pub fn prompt() -> serde_json::Result<Prompt> {
    Ok(Prompt {
        text: include_str!("congruence.txt"),
        schema: serde_json::from_str(include_str!("congruence.schema.json"))?,
    })
}

#[derive(Deserialize)]
struct ComparedAnswer {
    components: Vec<SaidComponent>,
}

/// Compares a video with the page behind it.
///
/// # Errors
/// [`Trouble`].
pub async fn compare<P>(
    (questions, prompt): (&Questions<'_, P>, &Prompt),
    (video, page): (&VideoAnalysis, &ReadPage),
    attempt: i32,
    bill: &Bill,
) -> Result<Components, Trouble> {
    let data = json!({
        "video": video_data(video),
        "landing_page": page_data(page),
    });
    let part = quoted("What is known of both", &data);
    let question = Question {
        operation: "congruence",
        model: &questions.settings.model,
        prompt,
        input_tokens: tokens(prompt.text) + text_tokens(&part),
        parts: vec![part],
        output_tokens_max: OUTPUT_TOKENS_MAX,
        attempt,
    };
    let answer = questions.ask(&question, bill).await?;
    let said = ComparedAnswer::deserialize(&answer.value).map_err(|_| Trouble::Ad {
        kind: "says_nothing",
        message: "Gemini's answer compares nothing".to_owned(),
    })?;
    Ok(Components::read(&said.components))
}

/// Tokens of a part that is text, at most.
#[must_use]
pub fn text_tokens(part: &Part) -> u64 {
    match part {
        Part::Text(text) => tokens(text),
        Part::Inline { .. } | Part::File { .. } => 0,
    }
}

fn video_data(video: &VideoAnalysis) -> Value {
    let claims: Vec<_> = video
        .claims_made
        .iter()
        .take(CLAIMS_MAX)
        .map(|claim| claim.claim.as_str())
        .collect();
    json!({
        "awareness_level": level_name(video.awareness),
        "hook_spoken": video.hook_transcript_spoken,
        "hook_overlay": video.hook_transcript_overlay,
        "hook_visual": video.hook_visual_description,
        "benefits": video.benefits_shown,
        "pain_points": video.pain_points_addressed,
        "angles": video.angles_used,
        "claims": claims,
    })
}

/// What is told of a page.
#[must_use]
pub fn page_data(page: &ReadPage) -> Value {
    let markdown = text_of(&page.content, "markdown");
    json!({
        "awareness_level": level_name(page.level),
        "title": page.content.page_title,
        "headline": headline(&page.content),
        "text": markdown.chars().take(PAGE_CHARACTERS_MAX).collect::<String>(),
    })
}

fn level_name(level: Option<Level>) -> Option<&'static str> {
    level.map(|it| it.awareness.name())
}

fn text_of<'a>(content: &'a Content, name: &str) -> &'a str {
    let found = content.extracted_data.get(name);
    found.and_then(Value::as_str).unwrap_or_default()
}

/// Its first heading, else its title, else the first line that is marked as one.
fn headline(content: &Content) -> Option<String> {
    let marked = || {
        let mut lines = text_of(content, "markdown")
            .lines()
            .take(HEADLINE_LINES_MAX);
        lines.find_map(|line| line.trim_start().strip_prefix('#'))
    };
    let heading = Some(text_of(content, "headline"));
    let title = content.page_title.as_deref();
    let known = [heading, title].into_iter().flatten().map(str::trim);
    let text = known
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .next()
        .or_else(|| marked().map(|it| it.trim_start_matches('#').trim().to_owned()))?;
    (!text.is_empty()).then(|| text.chars().take(HEADLINE_CHARACTERS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::classification::{Assessment, Dimension};

    fn content(title: Option<&str>, data: Value) -> Content {
        Content {
            page_title: title.map(str::to_owned),
            extracted_data: data,
            content_hash: [1; 32],
        }
    }

    #[test]
    fn the_schema_knows_our_words_and_no_others() {
        let prompt = prompt().unwrap();
        let words = |name: &str| {
            let path = format!("/properties/components/items/properties/{name}/enum");
            let list = prompt.schema.pointer(&path).unwrap().as_array().unwrap();
            list.iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let names: Vec<_> = Dimension::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(words("dimension"), names);
        let names: Vec<_> = Assessment::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(words("assessment"), names);
        for dimension in Dimension::ALL {
            assert!(
                prompt.text.contains(dimension.name()),
                "{dimension:?} is explained"
            );
        }
    }

    #[test]
    fn a_headline_is_the_first_heading_or_the_title_or_a_marked_line() {
        let data = json!({"headline": " Sleep better ", "markdown": "# Other"});
        let told = |title, data: &Value| headline(&content(title, data.clone()));
        assert_eq!(told(Some("Shop"), &data).as_deref(), Some("Sleep better"));
        let data = json!({"headline": "", "markdown": "x\n## Wake rested"});
        assert_eq!(told(Some("Shop"), &data).as_deref(), Some("Shop"));
        assert_eq!(told(None, &data).as_deref(), Some("Wake rested"));
        let late = json!({"markdown": format!("{}# Late", "x\n".repeat(20))});
        assert_eq!(told(None, &late), None);
        assert_eq!(
            told(Some(&"é".repeat(300)), &late).unwrap().chars().count(),
            200
        );
    }

    #[test]
    fn of_a_long_page_the_beginning_is_told() {
        let page = ReadPage {
            content: content(None, json!({"markdown": "é".repeat(30_000)})),
            level: None,
        };
        let told = page_data(&page);
        assert_eq!(told["text"].as_str().unwrap().chars().count(), 20_000);
    }
}
