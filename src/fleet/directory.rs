//! Stamped objects as files: a folder an owner, a file a resource.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::output::{Format, Style};
use super::realize::{Realized, RealizedOwner};
use crate::error::{Error, ErrorKind, Result};

/// Writes what came of an owner below a folder, as `NAMESPACE/KIND.NAME/RESOURCE.yaml`; what a runnable
/// stamps, which has no resource, as `KIND.NAME.yaml`. Files that are there are replaced.
///
/// # Errors
/// A file cannot be written.
pub(super) fn write(folder: &Path, realized: &Realized, with_status: bool) -> Result<()> {
    let style = Style { format: Format::Yaml, with_status };
    for owner in realized.owners.iter().filter(|owner| !owner.objects.is_empty()) {
        let place = folder.join(file_name(&owner.key.namespace)).join(owner_name(owner));
        let failed = |path: &Path, error: std::io::Error| {
            Error::new(ErrorKind::File, format!("Writing '{}': {error}", path.display()))
        };
        std::fs::create_dir_all(&place).map_err(|error| failed(&place, error))?;
        let mut names = HashSet::new();
        for stamped in &owner.objects {
            let name = if stamped.resource.is_empty() {
                format!("{}.{}", stamped.applied.kind_name().to_lowercase(), stamped.name())
            } else {
                stamped.resource.to_string()
            };
            let mut path = place.join(format!("{}.yaml", file_name(&name)));
            let mut number = 2;
            while !names.insert(path.clone()) {
                path = place.join(format!("{}.{number}.yaml", file_name(&name)));
                number += 1;
            }
            std::fs::write(&path, style.document(stamped)).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}

fn owner_name(owner: &RealizedOwner) -> PathBuf {
    file_name(&format!("{}.{}", owner.key.kind.kind.to_lowercase(), owner.key.name)).into()
}

/// A name as that of a file: what names of Kubernetes do not have is written as `%` and two digits, so that
/// different names stay different and none leads out of the folder.
fn file_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            b'.' if index > 0 => out.push('.'),
            // Writing to a string cannot fail.
            _ => _ = write!(out, "%{byte:02x}"),
        }
    }
    if out.is_empty() { "%".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (name, expected) in [
            ("my-app.v1", "my-app.v1"),
            ("..", "%2e."),
            ("../../etc/passwd", "%2e.%2f..%2fetc%2fpasswd"),
            ("a/b", "a%2fb"),
            ("a%2fb", "a%252fb"),
            ("", "%"),
            (".hidden", "%2ehidden"),
            ("C:\\x", "C%3a%5cx"),
        ] {
            assert_eq!(file_name(name), expected);
        }
    }
}
