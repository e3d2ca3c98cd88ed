//! Addresses as Go's `net/url` reads and writes them.

use crate::engine::builtins::quote;

/// What a text is part of, which decides how it is escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Path,
    PathSegment,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    UserPassword,
    QueryComponent,
    Fragment,
}

/// Whether Go writes the byte as an escape.
fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    if matches!(part, Part::Host | Part::Zone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    match byte {
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::PathSegment => b"/;,?".contains(&byte),
            Part::UserPassword => b"@/?:".contains(&byte),
            Part::Fragment => false,
            Part::QueryComponent | Part::Host | Part::Zone => true,
        },
        b'!' | b'(' | b')' | b'*' => part != Part::Fragment,
        _ => true,
    }
}

/// The text with escapes where they must be.
pub(crate) fn escape(text: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b' ' if part == Part::QueryComponent => out.push('+'),
            _ if must_escape(*byte, part) => out.push_str(&format!("%{byte:02X}")),
            _ => out.push(char::from(*byte)),
        }
    }
    out
}

fn hex(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
}

/// The text without escapes.
///
/// # Errors
/// `invalid URL escape "%zz"`, and for hosts `invalid character " " in host name`.
pub(crate) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'%' => {
                let end = text.len().min(at + 3);
                let shown = text.get(at..end).unwrap_or_default();
                let bad = || format!("invalid URL escape {}", quote(shown));
                let (Some(high), Some(low)) = (hex(text.get(at + 1)), hex(text.get(at + 2))) else {
                    return Err(bad());
                };
                let byte = high << 4 | low;
                // In hosts only bytes beyond ASCII may be escaped, and the `%` of a zone.
                let refused = match part {
                    Part::Host => high < 8 && shown != b"%25",
                    Part::Zone => shown != b"%25" && byte != b' ' && must_escape(byte, Part::Host),
                    _ => false,
                };
                if refused {
                    return Err(bad());
                }
                out.push(byte);
                at += 3;
                continue;
            }
            b'+' if part == Part::QueryComponent => out.push(b' '),
            _ if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && must_escape(*byte, part) => {
                return Err(format!("invalid character {} in host name", quote(&[*byte])));
            }
            _ => out.push(*byte),
        }
        at += 1;
    }
    Ok(out)
}

/// The part before the first `separator` and the part after it.
fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(separator, text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// Who the user of an address is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Option<Vec<u8>>,
}

impl User {
    /// `name:password`, escaped.
    pub(crate) fn text(&self) -> String {
        let name = escape(&self.name, Part::UserPassword);
        match &self.password {
            Some(password) => format!("{name}:{}", escape(password, Part::UserPassword)),
            None => name,
        }
    }
}

/// A text that has been unescaped, and how it was written where that cannot be told from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Escaped {
    text: Vec<u8>,
    written: Option<Vec<u8>>,
}

impl Escaped {
    fn parse(written: &[u8], part: Part) -> Result<Escaped, String> {
        let text = unescape(written, part)?;
        let same = escape(&text, part).as_bytes() == written;
        Ok(Escaped { text, written: (!same).then(|| written.to_vec()) })
    }

    /// As it was written if that is valid, else with escapes where they must be.
    fn show(&self, part: Part) -> Vec<u8> {
        let valid = |byte: &u8| b"!$&'()*+,;=:@[]%".contains(byte) || !must_escape(*byte, part);
        match &self.written {
            Some(written) if written.iter().all(valid) => written.clone(),
            _ if part == Part::Path && self.text == b"*" => b"*".to_vec(),
            _ => escape(&self.text, part).into_bytes(),
        }
    }
}

/// A parsed address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    scheme: String,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    /// There is a scheme, but no `//`.
    without_host: bool,
    path: Escaped,
    /// A `?` with nothing behind it.
    empty_query: bool,
    query: Vec<u8>,
    fragment: Escaped,
}

impl Url {
    /// Reads an address.
    ///
    /// # Errors
    /// Go's: `parse "http://[::1": missing ']' in host`.
    pub(crate) fn parse(text: &[u8]) -> Result<Url, String> {
        let failed = |text: &[u8], error: String| format!("parse {}: {error}", quote(text));
        let (address, fragment) = cut(text, b'#');
        let mut url = Url::parse_address(address).map_err(|error| failed(address, error))?;
        if let Some(fragment) = fragment {
            url.fragment = Escaped::parse(fragment, Part::Fragment).map_err(|error| failed(text, error))?;
        }
        Ok(url)
    }

    fn parse_address(text: &[u8]) -> Result<Url, String> {
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Url::default();
        if text == b"*" {
            url.path.text = text.to_vec();
            return Ok(url);
        }
        let mut rest = url.take_scheme(text)?;
        if rest.ends_with(b"?") && rest.iter().filter(|byte| **byte == b'?').count() == 1 {
            url.empty_query = true;
            rest = rest.strip_suffix(b"?").unwrap_or(rest);
        } else {
            let (before, query) = cut(rest, b'?');
            rest = before;
            url.query = query.unwrap_or_default().to_vec();
        }
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let has_host = !url.scheme.is_empty() || !rest.starts_with(b"///");
        match rest.strip_prefix(b"//") {
            Some(after) if has_host => {
                let end = memchr::memchr(b'/', after).unwrap_or(after.len());
                let (authority, path) = after.split_at_checked(end).unwrap_or((after, &[]));
                url.take_authority(authority)?;
                rest = path;
            }
            _ => url.without_host = !url.scheme.is_empty() && rest.starts_with(b"/"),
        }
        url.path = Escaped::parse(rest, Part::Path)?;
        Ok(url)
    }

    /// Takes `http:` off and returns the rest.
    fn take_scheme<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], String> {
        for (at, byte) in text.iter().enumerate() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' => {}
                b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
                b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
                b':' => {
                    let scheme = text.get(..at).unwrap_or_default();
                    self.scheme = String::from_utf8_lossy(scheme).to_ascii_lowercase();
                    return Ok(text.get(at + 1..).unwrap_or_default());
                }
                _ => return Ok(text),
            }
        }
        Ok(text)
    }

    fn take_authority(&mut self, authority: &[u8]) -> Result<(), String> {
        let at = memchr::memrchr(b'@', authority);
        let host = at.map_or(authority, |at| authority.get(at + 1..).unwrap_or_default());
        self.host = parse_host(host)?;
        let Some(info) = at.and_then(|at| authority.get(..at)) else {
            return Ok(());
        };
        if !info.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte)) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = cut(info, b':');
        let name = unescape(name, Part::UserPassword)?;
        let password = password.map(|password| unescape(password, Part::UserPassword)).transpose()?;
        self.user = Some(User { name, password });
        Ok(())
    }

    /// Its user.
    pub(crate) fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The same address with another user.
    pub(crate) fn with_user(&self, user: Option<User>) -> Url {
        Url { user, ..self.clone() }
    }

    /// The address as text.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(self.scheme.as_bytes());
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_authority(&mut out);
            let path = self.path.show(Part::Path);
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if self.empty_query || !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.text.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&self.fragment.show(Part::Fragment));
        }
        out
    }

    fn write_authority(&self, out: &mut Vec<u8>) {
        let nobody = self.host.is_empty() && self.user.is_none();
        if nobody && (self.scheme.is_empty() || self.without_host || self.path.text.is_empty()) {
            return;
        }
        out.extend_from_slice(b"//");
        if let Some(user) = &self.user {
            out.extend_from_slice(user.text().as_bytes());
            out.push(b'@');
        }
        out.extend_from_slice(escape(&self.host, Part::Host).as_bytes());
    }

    /// The host without its port and brackets.
    pub(crate) fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some(colon) = memchr::memrchr(b':', host)
            && host.get(colon..).is_some_and(is_port)
        {
            host = host.get(..colon).unwrap_or_default();
        }
        host.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(host)
    }
}

/// Nothing, or `:` and digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn parse_host(host: &[u8]) -> Result<Vec<u8>, String> {
    let check_port = |port: &[u8]| {
        if is_port(port) { Ok(()) } else { Err(format!("invalid port {} after host", quote(port))) }
    };
    if host.starts_with(b"[") {
        let Some(end) = memchr::memrchr(b']', host) else {
            return Err("missing ']' in host".to_owned());
        };
        check_port(host.get(end + 1..).unwrap_or_default())?;
        let inner = host.get(..end).unwrap_or_default();
        if let Some(zone) = memchr::memmem::find(inner, b"%25") {
            let mut out = unescape(inner.get(..zone).unwrap_or_default(), Part::Host)?;
            out.extend(unescape(inner.get(zone..).unwrap_or_default(), Part::Zone)?);
            out.extend(unescape(host.get(end..).unwrap_or_default(), Part::Host)?);
            return Ok(out);
        }
    } else if let Some(colon) = memchr::memrchr(b':', host) {
        check_port(host.get(colon..).unwrap_or_default())?;
    }
    unescape(host, Part::Host)
}
