//! What the fuzz targets share.
//!
//! An input of several files is text: each file begins with a line `-- NAME --`, as in the recorded cases.

pub mod mutate;
pub mod outcome;
pub mod same;

/// A file of an input: its name and its bytes.
pub type NamedFile = (String, Vec<u8>);

/// More files than this are left out.
const MAX_FILES: usize = 8;

/// The files of an input; what stands before the first marker belongs to `first`.
pub fn split(input: &[u8], first: &str) -> Vec<NamedFile> {
    let mut files: Vec<NamedFile> = vec![(first.to_owned(), Vec::new())];
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match marker(line) {
            Some(name) if files.len() < MAX_FILES => files.push((name.to_owned(), Vec::new())),
            _ => {
                if let Some((_, content)) = files.last_mut() {
                    content.extend_from_slice(line);
                }
            }
        }
    }
    if files.len() > 1 && files[0].1.is_empty() {
        files.remove(0);
    }
    files
}

/// The opposite of [`split`].
pub fn join(files: &[NamedFile]) -> Vec<u8> {
    let mut input = Vec::new();
    for (name, content) in files {
        if input.last().is_some_and(|last| *last != b'\n') {
            input.push(b'\n');
        }
        input.extend_from_slice(format!("-- {name} --\n").as_bytes());
        input.extend_from_slice(content);
    }
    input
}

/// The name in a line `-- NAME --`.
fn marker(line: &[u8]) -> Option<&str> {
    let name = line.strip_suffix(b"\n").unwrap_or(line).strip_prefix(b"-- ")?.strip_suffix(b" --")?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/#".contains(byte);
    std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && name.bytes().all(|byte| plain(&byte)))
}
