//! HTML as a tree that is bounded in nodes, depth and time, whatever it is made from.
//!
//! HTML can be written so that making a tree takes the square of its length, and so that walking it takes more stack
//! than there is. So it is read in small pieces, and looked at between them.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use dom_query::{Document, NodeId};
use html5ever::{
    TokenizerResult,
    tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink as _},
};

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

/// Attributes that a page's text, its links or the making of its tree depend on. Others are not kept: in HTML that is
/// left open they come again with each paragraph, a thousand of them in a few letters.
const READ: [&str; 10] = [
    "alt", "charset", "content", "encoding", "hidden", "href", "lang", "name", "property", "type",
];

/// The way into a tree for what is read.
struct Sparing(TreeBuilder<NodeId, Document>);

impl TokenSink for Sparing {
    type Handle = NodeId;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if let Token::TagToken(tag) = &mut token {
            tag.attrs.retain(|it| READ.contains(&&*it.name.local));
        }
        self.0.process_token(token, line)
    }

    fn end(&self) {
        self.0.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.0
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The tree of a page.
///
/// # Errors
/// [`PageError::TooLarge`] beyond a bound, [`PageError::TimedOut`] beyond the time.
pub(super) fn tree(html: &str) -> Result<Document, PageError> {
    let began = Instant::now();
    let builder = TreeBuilder::new(Document::default(), TreeBuilderOpts::default());
    let tokenizer = Tokenizer::new(Sparing(builder), TokenizerOpts::default());
    let input = BufferQueue::default();
    let (mut rest, mut walk_at) = (html, NODES_BETWEEN_WALKS);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        input.push_back(piece.into());
        // A script, or a word about letters, only interrupts.
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        let document = &tokenizer.sink.0.sink;
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
    tokenizer.end();
    let document = tokenizer.sink.0.sink.finish();
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
