//! HTML as a tree that is bounded in nodes, depth and time, whatever it is made from.
//!
//! HTML can be written so that making a tree takes the square of its length, and so that walking it takes more stack
//! than there is. So it is read in small pieces, and looked at between them.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use dom_query::Document;
use html5ever::{ParseOpts, parse_document, tendril::TendrilSink as _};

use super::PageError;

/// Most nodes. **Source:** Lighthouse, "Avoid an excessive DOM size", calls 1,400 elements excessive.
const NODES_MAX: usize = 100_000;

/// Most levels; a walk takes stack for each. **Source:** as above, which calls 32 excessive.
const LEVELS_MAX: usize = 256;

/// Longest time; a page of the most nodes takes a fraction of a second.
const TIME_MAX: Duration = Duration::from_secs(5);

/// Bytes between two looks at the nodes and the time: what they do between them is little.
const PIECE_BYTES: usize = 2_048;

/// Nodes between two looks at the levels, which take a walk.
const NODES_BETWEEN_WALKS: usize = 4_000;

/// The tree of a page.
///
/// # Errors
/// [`PageError::TooLarge`] beyond a bound, [`PageError::TimedOut`] beyond the time.
pub(super) fn tree(html: &str) -> Result<Document, PageError> {
    let began = Instant::now();
    let mut parser = parse_document(Document::default(), ParseOpts::default());
    let (mut rest, mut walk_at) = (html, NODES_BETWEEN_WALKS);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        parser.process(piece.into());
        let document = &parser.tokenizer.sink.sink;
        check(document.tree.len(), NODES_MAX, "nodes")?;
        if document.tree.len() > walk_at {
            check(levels(document), LEVELS_MAX, "levels")?;
            walk_at = document.tree.len() + NODES_BETWEEN_WALKS;
        }
        if began.elapsed() > TIME_MAX {
            return Err(PageError::TimedOut);
        }
        // Every mistake leaves a word there, and there may be more of them than letters.
        document.errors.borrow_mut().clear();
        rest = behind;
    }
    let document = parser.finish();
    check(levels(&document), LEVELS_MAX, "levels")?;
    Ok(document)
}

fn check(count: usize, max: usize, unit: &str) -> Result<(), PageError> {
    if count <= max {
        return Ok(());
    }
    Err(PageError::TooLarge {
        bound: format!("{max} {unit}"),
    })
}

fn levels(document: &Document) -> usize {
    let mut of_node = HashMap::new();
    for node in document.root().descendants_it() {
        let above = node.parent().and_then(|parent| of_node.get(&parent.id));
        let level = above.map_or(1, |level: &usize| level + 1);
        of_node.insert(node.id, level);
    }
    of_node.into_values().max().unwrap_or_default()
}
