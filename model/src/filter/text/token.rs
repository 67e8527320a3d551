//! Words and signs of CQL2 text.

use crate::Result;
use crate::filter::fault;

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or keyword.
    Name(String),
    /// A name in double quotes, never a keyword.
    Quoted(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
    End,
}

/// A token, and which character it begins at, from 1.
pub(super) type Placed = (Token, usize);

const SIGNS: [&str; 16] = ["<>", "<=", ">=", "<", ">", "=", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%"];

/// All of a text, an end last.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>> {
    let mut found = Vec::new();
    let (mut rest, mut at) = (text, 1);
    loop {
        let trimmed = rest.trim_start();
        at += rest[..rest.len() - trimmed.len()].chars().count();
        let Some(first) = trimmed.chars().next() else { break };
        let (token, length) = match first {
            '\'' => quoted(trimmed, '\'', at).map(|(text, length)| (Token::Text(text), length))?,
            '"' => quoted(trimmed, '"', at).map(|(text, length)| (Token::Quoted(text), length))?,
            '0'..='9' | '.' => number(trimmed, at)?,
            '^' => (Token::Sign("^"), 1),
            _ if is_start(first) => {
                let length = trimmed.find(|c| !is_part(c)).unwrap_or(trimmed.len());
                (Token::Name(trimmed[..length].to_owned()), length)
            }
            _ => match SIGNS.iter().find(|sign| trimmed.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return fault(format!("`{}` at character {at} is no part of CQL2", first.escape_debug())),
            },
        };
        found.push((token, at));
        at += trimmed[..length].chars().count();
        rest = &trimmed[length..];
    }
    found.push((Token::End, at));
    Ok(found)
}

fn is_start(c: char) -> bool {
    c == ':' || c == '_' || c.is_alphabetic()
}

fn is_part(c: char) -> bool {
    is_start(c) || c == '.' || c.is_alphanumeric()
}

/// What is between quotes, which are doubled inside. In a text, `\'` is a quote too (OGC CQL2, rule `escapeQuote`);
/// any other backslash is left as it is, for patterns.
fn quoted(text: &str, quote: char, at: usize) -> Result<(String, usize)> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, c)) = characters.next() {
        if c == '\\' && quote == '\'' {
            if characters.next_if(|(_, next)| *next == quote).is_some() {
                content.push(quote);
                continue;
            }
            content.push(c);
            if characters.next_if(|(_, next)| *next == c).is_some() {
                content.push(c);
            }
        } else if c != quote {
            content.push(c);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            content.push(quote);
        } else {
            return Ok((content, index + 1));
        }
    }
    fault(format!("the {quote} at character {at} has no end; write {quote}{quote} for one inside"))
}

fn number(text: &str, at: usize) -> Result<(Token, usize)> {
    let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    match text[..end].parse::<f64>() {
        Ok(number) if number.is_finite() && !text[end..].starts_with(is_part) => Ok((Token::Number(number), end)),
        _ => fault(format!("the number at character {at} cannot be read; give one such as 12.5, and names in \"…\"")),
    }
}
