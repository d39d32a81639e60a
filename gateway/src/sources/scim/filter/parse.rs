//! From text to [`Filter`]: a descent that stops at its bounds. Never panics, whatever the text.

use super::super::limits;
use super::super::path::{AttributePath, ExpressionError};
use super::form::{Filter, Literal, Operator};

/// What is written for a quotation mark where JSON has `"` (RFC 7644, figure 1).
const OTHER_QUOTES: [char; 8] = ['\'', '`', '´', '‘', '’', '“', '”', '„'];

/// Reads a whole text as one filter.
pub(in super::super) fn parse(text: &str) -> Result<Filter, ExpressionError> {
    let mut parser = Parser::new(text)?;
    let filter = parser.filter()?;
    parser.skip_spaces();
    if parser.at_end() { Ok(filter) } else { Err(parser.expected("'and', 'or' or the end")) }
}

/// A place in a text that is being read; PATCH paths share it.
pub(in super::super) struct Parser<'a> {
    text: &'a str,
    /// Byte offset, always at a character's boundary.
    at: usize,
    depth: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    pub(in super::super) fn new(text: &'a str) -> Result<Self, ExpressionError> {
        if text.len() > limits::MAX_EXPRESSION_LEN {
            let bound = limits::MAX_EXPRESSION_LEN;
            return Err(ExpressionError::Bound(format!("longer than {bound} bytes")));
        }
        Ok(Self { text, at: 0, depth: 0, terms: 0 })
    }

    /// `a and b or c`: `and` binds closer (RFC 7644, 3.4.2.2, table 5).
    fn filter(&mut self) -> Result<Filter, ExpressionError> {
        self.depth += 1;
        if self.depth > limits::MAX_FILTER_DEPTH {
            let bound = limits::MAX_FILTER_DEPTH;
            return Err(ExpressionError::Bound(format!("nested deeper than {bound}")));
        }
        let filter = self.chain("or", |parser| parser.chain("and", Self::term, Filter::All), Filter::Any);
        self.depth -= 1;
        filter
    }

    fn chain(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Result<Filter, ExpressionError>,
        join: impl Fn(Vec<Filter>) -> Filter,
    ) -> Result<Filter, ExpressionError> {
        let first = part(self)?;
        let mut terms = vec![first];
        while self.take_word(word) {
            terms.push(part(self)?);
        }
        match (terms.len(), terms.pop()) {
            (1, Some(only)) => Ok(only),
            (_, last) => {
                terms.extend(last);
                Ok(join(terms))
            }
        }
    }

    fn term(&mut self) -> Result<Filter, ExpressionError> {
        self.skip_spaces();
        if self.take('(') {
            return self.enclosed(')', "')'");
        }
        let start = self.at;
        if self.take_word("not") {
            self.skip_spaces();
            if self.take('(') {
                return Ok(Filter::Not(Box::new(self.enclosed(')', "')'")?)));
            }
            self.at = start;
        }
        self.attribute_term()
    }

    /// A filter and the bracket that ends it; the opening one has been read.
    pub(in super::super) fn enclosed(
        &mut self,
        close: char,
        expected: &'static str,
    ) -> Result<Filter, ExpressionError> {
        let filter = self.filter()?;
        self.skip_spaces();
        if self.take(close) { Ok(filter) } else { Err(self.expected(expected)) }
    }

    fn attribute_term(&mut self) -> Result<Filter, ExpressionError> {
        self.terms += 1;
        if self.terms > limits::MAX_FILTER_TERMS {
            let bound = limits::MAX_FILTER_TERMS;
            return Err(ExpressionError::Bound(format!("more than {bound} comparisons")));
        }
        let path = self.path()?;
        if path.sub.is_some() || !self.take('[') {
            return self.comparison(path);
        }
        let inner = self.enclosed(']', "']'")?;
        let filter = match self.sub_attribute()? {
            Some(name) => {
                let sub = AttributePath { schema: None, name, sub: None };
                Filter::All(vec![inner, self.comparison(sub)?])
            }
            None => inner,
        };
        Ok(Filter::Element { path, filter: Box::new(filter) })
    }

    /// An attribute's name, up to a space or bracket.
    pub(in super::super) fn path(&mut self) -> Result<AttributePath, ExpressionError> {
        let start = self.at;
        let word = self.word();
        AttributePath::parse(word).ok_or_else(|| {
            self.at = start;
            self.expected("an attribute's name")
        })
    }

    /// `.sub` after a value path.
    pub(in super::super) fn sub_attribute(&mut self) -> Result<Option<String>, ExpressionError> {
        if !self.take('.') {
            return Ok(None);
        }
        match self.path()? {
            AttributePath { schema: None, name, sub: None } => Ok(Some(name)),
            _ => Err(self.expected("a sub-attribute's name")),
        }
    }

    fn comparison(&mut self, path: AttributePath) -> Result<Filter, ExpressionError> {
        self.skip_spaces();
        let start = self.at;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::by_name(word) else {
            self.at = start;
            return Err(self.expected("an operator: eq ne co sw ew gt ge lt le pr"));
        };
        self.skip_spaces();
        Ok(Filter::Compare { path, operator, literal: self.literal()? })
    }

    fn literal(&mut self) -> Result<Literal, ExpressionError> {
        let rest = self.rest();
        if rest.starts_with('"') {
            return self.quoted();
        }
        let end = rest.find(|c: char| c.is_whitespace() || ")]".contains(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.expected("a value"));
        }
        // Taken for a part of the value, it would tell the client that nobody has it.
        if rest.starts_with(OTHER_QUOTES) || rest[..end].contains('"') {
            return Err(self.expected("a value in double quotes"));
        }
        self.at += end;
        Ok(bare(&rest[..end]))
    }

    /// A JSON string.
    fn quoted(&mut self) -> Result<Literal, ExpressionError> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find_map(|(offset, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes.then_some(offset + 1)
        });
        let read = end.and_then(|end| Some((end, serde_json::from_str(&rest[..end]).ok()?)));
        let (end, text) = read.ok_or_else(|| self.expected("a JSON string with its closing quote"))?;
        self.at += end;
        Ok(Literal::Text(text))
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "[]()\"".contains(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes `word` in any letter case, if it stands here whole.
    fn take_word(&mut self, word: &str) -> bool {
        let start = self.at;
        self.skip_spaces();
        let taken = self.word().eq_ignore_ascii_case(word);
        if !taken {
            self.at = start;
        }
        taken
    }

    pub(in super::super) fn take(&mut self, bracket: char) -> bool {
        let taken = self.rest().starts_with(bracket);
        if taken {
            self.at += bracket.len_utf8();
        }
        taken
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub(in super::super) fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(in super::super) fn expected(&self, expected: &'static str) -> ExpressionError {
        let position = self.text[..self.at].chars().count() + 1;
        ExpressionError::Expected { position, expected }
    }
}

/// A literal without quotes: JSON's own words and numbers, and whatever else as text, because Entra sends
/// `externalId eq jyoung`. A number that would not be written back the same (`007`) is text as well.
fn bare(word: &str) -> Literal {
    if word.eq_ignore_ascii_case("true") {
        return Literal::Boolean(true);
    }
    if word.eq_ignore_ascii_case("false") {
        return Literal::Boolean(false);
    }
    if word == "null" {
        return Literal::Null;
    }
    match serde_json::from_str::<serde_json::Number>(word) {
        Ok(number) if number.to_string() == word => Literal::Number(number),
        _ => Literal::Text(word.to_owned()),
    }
}
