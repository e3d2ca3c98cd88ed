//! Flags as ytt reads them: the rules of Go's pflag, which differ from clap's in what may follow a flag,
//! in `--flag=false`, in repeated flags and in every error text.

use std::ffi::{OsStr, OsString};

use super::csv;
use crate::engine::builtins::quote;
use crate::{Error, ErrorKind, Result};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Takes {
    /// Nothing, or `=true`, `=false`.
    Bool,
    /// Text; the last use counts.
    Text,
    /// Text, one at each use.
    Many,
    /// Values separated by commas, more at each use.
    Commas,
}

/// A flag of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
    /// As the help shows it; empty for none.
    pub(super) default: &'static str,
    pub(super) help: &'static str,
}

impl Flag {
    pub(super) const fn new(name: &'static str, takes: Takes, help: &'static str) -> Flag {
        Flag { name, short: None, takes, default: "", help }
    }

    pub(super) const fn short(self, short: char) -> Flag {
        Flag { short: Some(short), ..self }
    }

    pub(super) const fn default(self, default: &'static str) -> Flag {
        Flag { default, ..self }
    }

    /// How messages call the flag.
    fn shown(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.name),
            None => format!("--{}", self.name),
        }
    }
}

/// The flags and other arguments of a command line.
#[derive(Debug, Default)]
pub(super) struct Matches {
    values: Vec<(&'static str, OsString)>,
    /// What is neither a flag nor a flag's value.
    pub(super) arguments: Vec<OsString>,
}

impl Matches {
    fn of(&self, name: &'static str) -> impl DoubleEndedIterator<Item = &OsStr> {
        self.values.iter().filter(move |(flag, _)| *flag == name).map(|(_, value)| value.as_os_str())
    }

    /// Whether a `Bool` flag is set.
    pub(super) fn is_set(&self, name: &'static str) -> bool {
        self.of(name).next_back().and_then(|value| parse_bool(value.as_encoded_bytes())).unwrap_or(false)
    }

    /// Whether a `Bool` flag that is on by default was turned off.
    pub(super) fn is_cleared(&self, name: &'static str) -> bool {
        self.of(name).next_back().and_then(|value| parse_bool(value.as_encoded_bytes())) == Some(false)
    }

    /// The last value of a flag; `None` if it is empty or was not given.
    pub(super) fn text(&self, name: &'static str) -> Option<&OsStr> {
        self.of(name).next_back().filter(|value| !value.is_empty())
    }

    /// All values of a `Many` flag.
    pub(super) fn many(&self, name: &'static str) -> Vec<OsString> {
        self.of(name).map(OsStr::to_owned).collect()
    }

    /// All values of a `Commas` flag.
    pub(super) fn commas(&self, name: &'static str) -> Vec<String> {
        self.of(name).flat_map(|value| csv::fields(&value.to_string_lossy()).unwrap_or_default()).collect()
    }
}

fn fail<T>(message: String) -> Result<T> {
    Err(Error::new(ErrorKind::Usage, message))
}

/// Reads a command line: flags may stand anywhere before `--`.
pub(super) fn parse(flags: &[Flag], arguments: &[OsString]) -> Result<Matches> {
    let mut matches = Matches::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_encoded_bytes() {
            b"--" => {
                matches.arguments.extend(rest.cloned());
                break;
            }
            [b'-', b'-', name @ ..] => long(flags, argument, name, &mut rest, &mut matches)?,
            [b'-', names @ ..] if !names.is_empty() => short(flags, names, &mut rest, &mut matches)?,
            _ => matches.arguments.push(argument.clone()),
        }
    }
    Ok(matches)
}

fn long(
    flags: &[Flag],
    argument: &OsStr,
    name: &[u8],
    rest: &mut std::slice::Iter<'_, OsString>,
    matches: &mut Matches,
) -> Result<()> {
    if matches!(name.first(), None | Some(b'-' | b'=')) {
        return fail(format!("bad flag syntax: {}", argument.to_string_lossy()));
    }
    let (name, value) = match name.iter().position(|byte| *byte == b'=') {
        Some(at) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    };
    let Some(flag) = flags.iter().find(|flag| flag.name.as_bytes() == name) else {
        return fail(format!("unknown flag: --{}", String::from_utf8_lossy(name)));
    };
    let value = match value {
        Some(value) => os_string(value),
        None if flag.takes == Takes::Bool => OsString::from("true"),
        None => match rest.next() {
            Some(value) => value.clone(),
            None => return fail(format!("flag needs an argument: {}", argument.to_string_lossy())),
        },
    };
    set(flag, value, matches)
}

/// `-abc`: each letter a flag, up to one that takes a value.
fn short(
    flags: &[Flag],
    mut names: &[u8],
    rest: &mut std::slice::Iter<'_, OsString>,
    matches: &mut Matches,
) -> Result<()> {
    while let [name, tail @ ..] = names {
        let name = char::from(*name);
        let shown = || String::from_utf8_lossy(names);
        let Some(flag) = flags.iter().find(|flag| flag.short == Some(name)) else {
            return fail(format!("unknown shorthand flag: {} in -{}", quoted_char(name), shown()));
        };
        let value;
        (value, names) = match tail {
            [b'=', value, more @ ..] => {
                let value: Vec<u8> = std::iter::once(value).chain(more).copied().collect();
                (os_string(&value), &[][..])
            }
            _ if flag.takes == Takes::Bool => (OsString::from("true"), tail),
            [] => match rest.next() {
                Some(value) => (value.clone(), tail),
                None => {
                    return fail(format!("flag needs an argument: {} in -{}", quoted_char(name), shown()));
                }
            },
            value => (os_string(value), &[][..]),
        };
        set(flag, value, matches)?;
    }
    Ok(())
}

fn set(flag: &Flag, value: OsString, matches: &mut Matches) -> Result<()> {
    let text = value.to_string_lossy();
    let problem = match flag.takes {
        Takes::Bool if parse_bool(value.as_encoded_bytes()).is_none() => {
            Some(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(value.as_encoded_bytes())))
        }
        Takes::Commas => csv::fields(&text).err(),
        _ => None,
    };
    if let Some(problem) = problem {
        return fail(format!(
            "invalid argument {} for \"{}\" flag: {problem}",
            quote(value.as_encoded_bytes()),
            flag.shown()
        ));
    }
    matches.values.push((flag.name, value));
    Ok(())
}

fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Some(false),
        _ => None,
    }
}

/// A character in single quotes, with escapes.
fn quoted_char(char: char) -> String {
    match char {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        char => format!("'{}'", quote(char.to_string().as_bytes()).trim_matches('"')),
    }
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[Flag] = &[
        Flag::new("bool", Takes::Bool, "").short('b'),
        Flag::new("text", Takes::Text, "").short('t'),
        Flag::new("many", Takes::Many, "").short('m'),
        Flag::new("commas", Takes::Commas, "").short('c'),
    ];

    /// Everything that was read, or the error.
    fn read(line: &str) -> String {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match parse(FLAGS, &arguments) {
            Ok(found) => format!(
                "{} {:?} {:?} {:?} {:?}",
                found.is_set("bool"),
                found.text("text").unwrap_or_default(),
                found.many("many"),
                found.commas("commas"),
                found.arguments
            ),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn flags_are_read_as_pflag_does() {
        for (line, expected) in [
            ("-b -t x", r#"true "x" [] [] []"#),
            ("-btx", r#"true "x" [] [] []"#),
            ("-bt=x", r#"true "x" [] [] []"#),
            ("-t=", r#"false "=" [] [] []"#),
            ("--text=a=b --text c=d", r#"false "c=d" [] [] []"#),
            ("-t --bool", r#"false "--bool" [] [] []"#),
            ("-b=false --bool=T --bool=0", r#"false "" [] [] []"#),
            ("-ma --many=b,c -m d", r#"false "" ["a", "b,c", "d"] [] []"#),
            ("-ca,b --commas= -c \"x,y\",z", r#"false "" [] ["a", "b", "x,y", "z"] []"#),
            ("a - -b b -- -b --", r#"true "" [] [] ["a", "-", "b", "-b", "--"]"#),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn wrong_flags_are_told_as_pflag_does() {
        for (line, expected) in [
            ("--nope=1", "unknown flag: --nope"),
            ("-bzt", "unknown shorthand flag: 'z' in -zt"),
            ("--=x", "bad flag syntax: --=x"),
            ("---x", "bad flag syntax: ---x"),
            ("--text", "flag needs an argument: --text"),
            ("-bm", "flag needs an argument: 'm' in -m"),
            (
                "--bool=x",
                r#"invalid argument "x" for "-b, --bool" flag: strconv.ParseBool: parsing "x": invalid syntax"#,
            ),
            (
                "-ca\"b",
                r#"invalid argument "a\"b" for "-c, --commas" flag: parse error on line 1, column 2: bare " in non-quoted-field"#,
            ),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
