//! The grammar: what binds least comes first. It looks at every token once.

use serde_json::{Value, json};

use super::geometry;
use super::token::{Placed, Token};
use crate::Result;
use crate::filter::{MAX_DEPTH, fault, too_large};

/// Where one is in the text.
pub(super) struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
}

fn operation(name: &str, arguments: Vec<Value>) -> Value {
    let mut found = json!({ "op": name });
    found["args"] = Value::Array(arguments);
    found
}

impl Parser {
    pub(super) fn new(tokens: Vec<Placed>) -> Self {
        Self { tokens, next: 0, depth: 0 }
    }

    /// The whole text.
    pub(super) fn whole(mut self) -> Result<Value> {
        let value = self.any()?;
        match self.peek() {
            Token::End => Ok(value),
            _ => self.unexpected("AND, OR or the end"),
        }
    }

    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn peek_second(&self) -> &Token {
        self.tokens.get(self.next + 1).map_or(&Token::End, |(token, _)| token)
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.tokens.get_mut(self.next).map(|(token, _)| std::mem::replace(token, Token::End));
        self.next += 1;
        token.unwrap_or(Token::End)
    }

    /// Takes a sign if it is next.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Sign(next) if *next == sign);
        self.next += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<()> {
        if self.take(sign) { Ok(()) } else { self.unexpected(&format!("`{sign}`")) }
    }

    fn is_keyword(token: &Token, keyword: &str) -> bool {
        matches!(token, Token::Name(name) if name.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is_next = Self::is_keyword(self.peek(), keyword);
        self.next += usize::from(is_next);
        is_next
    }

    /// An error at the next token.
    pub(super) fn unexpected<T>(&self, wanted: &str) -> Result<T> {
        let at = self.tokens.get(self.next).map_or(0, |(_, at)| *at);
        let found = match self.peek() {
            Token::Name(name) | Token::Quoted(name) => format!("`{}`", name.escape_debug()),
            Token::Text(text) => format!("'{}'", text.escape_debug()),
            Token::Number(number) => number.to_string(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        fault(format!("at character {at}, {wanted} is wanted where {found} stands"))
    }

    /// One level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return too_large(format!("it is nested more than {MAX_DEPTH} deep; write it flatter"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Anything: conditions with AND, OR and NOT, or a value.
    fn any(&mut self) -> Result<Value> {
        self.nested(|parser| parser.joined("or", |parser| parser.joined("and", Self::negated)))
    }

    fn joined(&mut self, keyword: &str, mut part: impl FnMut(&mut Self) -> Result<Value>) -> Result<Value> {
        let first = part(self)?;
        let mut all = vec![first];
        while self.take_keyword(keyword) {
            all.push(part(self)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { operation(keyword, all) })
    }

    fn negated(&mut self) -> Result<Value> {
        if self.take_keyword("not") {
            let inner = self.nested(Self::negated)?;
            return Ok(operation("not", vec![inner]));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Value> {
        let left = self.sum()?;
        if let Token::Sign(sign @ ("=" | "<>" | "<" | "<=" | ">" | ">=")) = *self.peek() {
            self.next += 1;
            let right = self.sum()?;
            return Ok(operation(sign, vec![left, right]));
        }
        if self.take_keyword("is") {
            let negated = self.take_keyword("not");
            if !self.take_keyword("null") {
                return self.unexpected("NULL");
            }
            return Ok(negate_if(negated, operation("isNull", vec![left])));
        }
        let follows = ["like", "between", "in"].iter().any(|one| Self::is_keyword(self.peek_second(), one));
        let negated = follows && self.take_keyword("not");
        let found = if self.take_keyword("like") {
            operation("like", vec![left, self.sum()?])
        } else if self.take_keyword("between") {
            let low = self.sum()?;
            if !self.take_keyword("and") {
                return self.unexpected("AND");
            }
            operation("between", vec![left, low, self.sum()?])
        } else if self.take_keyword("in") {
            self.expect("(")?;
            let values = self.listed(")")?;
            operation("in", vec![left, Value::Array(values)])
        } else {
            return Ok(left);
        };
        Ok(negate_if(negated, found))
    }

    fn sum(&mut self) -> Result<Value> {
        self.chain(&["+", "-"], |parser| parser.chain(&["*", "/", "%", "div"], Self::power))
    }

    /// Operators of one rank, from the left. Each nests what is before it.
    fn chain(&mut self, signs: &[&str], part: impl Fn(&mut Self) -> Result<Value>) -> Result<Value> {
        let mut left = part(self)?;
        for _ in 0..MAX_DEPTH {
            let found = signs.iter().find(|sign| match self.peek() {
                Token::Sign(next) => next == *sign,
                Token::Name(name) => **sign == "div" && name.eq_ignore_ascii_case("div"),
                _ => false,
            });
            let Some(sign) = found else { return Ok(left) };
            self.next += 1;
            let right = part(self)?;
            left = operation(sign, vec![left, right]);
        }
        too_large(format!("more than {MAX_DEPTH} numbers are computed in a row; write it shorter"))
    }

    fn power(&mut self) -> Result<Value> {
        let base = self.signed()?;
        if !self.take("^") {
            return Ok(base);
        }
        let exponent = self.signed()?;
        if self.take("^") {
            return fault("`^` follows `^`; say with parentheses which comes first");
        }
        Ok(operation("^", vec![base, exponent]))
    }

    fn signed(&mut self) -> Result<Value> {
        if self.take("+") {
            return self.nested(Self::signed);
        }
        if !self.take("-") {
            return self.primary();
        }
        let value = self.nested(Self::signed)?;
        Ok(match value.as_f64() {
            Some(number) => json!(-number),
            None => operation("*", vec![json!(-1.0), value]),
        })
    }

    /// Values with commas between, up to the closing sign.
    fn listed(&mut self, closing: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        if self.take(closing) {
            return Ok(all);
        }
        loop {
            all.push(self.any()?);
            if !self.take(",") {
                self.expect(closing)?;
                return Ok(all);
            }
        }
    }

    fn primary(&mut self) -> Result<Value> {
        let calls = matches!(self.peek_second(), Token::Sign("("));
        match self.peek() {
            Token::Text(_) | Token::Number(_) | Token::Quoted(_) => Ok(match self.advance() {
                Token::Text(text) => json!(text),
                Token::Number(number) => json!(number),
                Token::Quoted(name) => json!({ "property": name }),
                _ => Value::Null,
            }),
            Token::Sign("(") => {
                self.next += 1;
                let mut values = self.listed(")")?;
                Ok(if values.len() == 1 { values.remove(0) } else { Value::Array(values) })
            }
            Token::Sign("[") => {
                self.next += 1;
                self.listed("]").map(Value::Array)
            }
            Token::Name(name) => {
                let lower = name.to_ascii_lowercase();
                let flagged = matches!(self.peek_second(), Token::Name(next) if geometry::is_flag(next));
                if geometry::is_geometry(&lower) && (calls || flagged) {
                    self.next += 1;
                    return geometry::geometry(self, &lower);
                }
                if calls {
                    geometry::check(&lower)?;
                    return self.call(&lower);
                }
                match lower.as_str() {
                    "true" | "false" => {
                        self.next += 1;
                        Ok(json!(lower == "true"))
                    }
                    "null" | "and" | "or" | "not" | "in" | "like" | "is" | "between" => self.unexpected("a value"),
                    _ => match self.advance() {
                        Token::Name(name) => Ok(json!({ "property": name })),
                        _ => self.unexpected("a value"),
                    },
                }
            }
            _ => self.unexpected("a value or a function"),
        }
    }

    /// A function and its operands.
    fn call(&mut self, name: &str) -> Result<Value> {
        self.next += 2;
        if name.starts_with("a_") {
            return self.array_call(name);
        }
        let mut arguments = self.listed(")")?;
        Ok(match (name, arguments.as_slice()) {
            ("date" | "timestamp", [Value::String(_)]) => json!({ name: arguments.remove(0) }),
            ("date" | "timestamp", _) => return fault(format!("`{name}` wants one text, such as '2019-06-01'")),
            ("interval" | "bbox", _) => json!({ name: arguments }),
            _ => operation(name, arguments),
        })
    }

    /// As another, but that parentheses around one value make a list of it.
    fn array_call(&mut self, name: &str) -> Result<Value> {
        let mut arguments = Vec::new();
        loop {
            let is_list = matches!(self.peek(), Token::Sign("("));
            let value = self.any()?;
            arguments.push(if is_list && !value.is_array() { json!([value]) } else { value });
            if !self.take(",") {
                self.expect(")")?;
                return Ok(operation(name, arguments));
            }
        }
    }
}

fn negate_if(negated: bool, value: Value) -> Value {
    if negated { operation("not", vec![value]) } else { value }
}
