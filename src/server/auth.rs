//! Who asks: a token, a certificate, or an address.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::clients::{Account, Clients};
use super::problem::{Fault, Problem};

/// The tokens of a file.
#[derive(Debug)]
pub(super) struct Tokens {
    path: PathBuf,
    known: RwLock<Arc<Known>>,
    changed: Mutex<Option<Stamp>>,
}

/// When a file was written, and how long it is.
type Stamp = (SystemTime, u64);

/// Hashes of tokens with the names of those who have them.
#[derive(Debug, Default)]
struct Known(Vec<([u8; 32], String)>);

/// Why a file of tokens cannot be used.
#[derive(Debug)]
pub(super) struct TokensError(String);

impl fmt::Display for TokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tokens {
    /// Reads the tokens of a file: `token,name` a line, as in the static token file of Kubernetes, of which
    /// further columns are ignored; `#` begins a comment.
    ///
    /// # Errors
    /// It cannot be read, has a line without a name, or no token.
    pub(super) fn read(path: &Path) -> Result<Tokens, TokensError> {
        let (known, stamp) = load(path)?;
        let tokens = Tokens {
            path: path.to_owned(),
            known: RwLock::new(Arc::new(known)),
            changed: Mutex::new(Some(stamp)),
        };
        Ok(tokens)
    }

    /// Reads the file again if it has changed. Tokens stay as they are if it cannot be read.
    pub(super) fn refresh(&self) -> Result<bool, TokensError> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&self.path);
        if now.is_some() && now == *changed {
            return Ok(false);
        }
        *changed = now;
        let (known, stamp) = load(&self.path)?;
        *changed = Some(stamp);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(true)
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn load(path: &Path) -> Result<(Known, Stamp), TokensError> {
    let failed = |what: String| TokensError(format!("{}: {what}", path.display()));
    let stamp = stamp(path).unwrap_or((SystemTime::UNIX_EPOCH, 0));
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let mut known = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut columns = line.split(',').map(|column| column.trim().trim_matches('"'));
        match (columns.next(), columns.next()) {
            (Some(token), Some(name)) if !token.is_empty() && !name.is_empty() => {
                known.push((Sha256::digest(token).into(), name.to_owned()));
            }
            _ => return Err(failed(format!("line {number}: expected token,name"))),
        }
    }
    match known.is_empty() {
        true => Err(failed("there is no token".to_owned())),
        false => Ok((Known(known), stamp)),
    }
}

impl Known {
    /// The name of whoever has a token. How long it takes does not tell how much of a token is right: hashes are
    /// compared, all of them, each as a whole.
    fn name(&self, token: &[u8]) -> Option<&str> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let mut found = None;
        for (known, name) in &self.0 {
            if bool::from(known.ct_eq(&hash)) {
                found = Some(name.as_str());
            }
        }
        found
    }
}

/// What was shown, the tokens it was found among, and whose it is.
type Shown = (Vec<u8>, Arc<Known>, Arc<Account>);

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(super) struct Peer {
    /// Who it is if it shows no token: its certificate or its address.
    own: Arc<Account>,
    /// The token that was right the last time, and whose it is: it need not be looked for again.
    last: Mutex<Option<Shown>>,
}

impl Peer {
    /// Somebody at an address, with the hash of a certificate if there is one.
    pub(super) fn new(clients: &Clients, address: IpAddr, certificate: Option<&[u8]>) -> Peer {
        let id = match certificate {
            Some(certificate) => {
                let hash = Sha256::digest(certificate);
                format!("certificate {}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
            None => address.to_string(),
        };
        Peer { own: clients.account(&id), last: Mutex::new(None) }
    }

    /// Who asks, from the value of `Authorization`; without tokens, whoever is at the other end.
    ///
    /// # Errors
    /// There is no token, or one that is not known.
    pub(super) fn identify(
        &self,
        tokens: Option<&Tokens>,
        clients: &Clients,
        authorization: Option<&[u8]>,
    ) -> Result<Arc<Account>, Problem> {
        let Some(tokens) = tokens else { return Ok(Arc::clone(&self.own)) };
        let unauthorized = |what: &str| Problem::new(Fault::Unauthorized, what);
        let header = authorization.ok_or_else(|| unauthorized("show a token: Authorization: Bearer …"))?;
        let known = tokens.known();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, of, account)) = &*last
            && Arc::ptr_eq(of, &known)
            && bool::from(value.as_slice().ct_eq(header))
        {
            return Ok(Arc::clone(account));
        }
        let token = header.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
        let (_, token) = token.ok_or_else(|| unauthorized("the token must be a bearer token"))?;
        let name = known.name(token.trim_ascii()).ok_or_else(|| unauthorized("this token is not known"))?;
        let account = clients.account(name);
        *last = Some((header.to_vec(), Arc::clone(&known), Arc::clone(&account)));
        Ok(account)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::server::clients::ClientLimits;

    fn clients() -> Clients {
        Clients::new(ClientLimits { requests: 9, rate: 0.0, burst: 0.0 })
    }

    #[test]
    fn tokens_have_names_and_change_with_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        std::fs::write(&path, "# who may\nabc,alice\n\n\"d-e-f\",bob,uid,\"group\"\n").unwrap();
        let tokens = Tokens::read(&path).unwrap();
        let clients = clients();
        let peer = Peer::new(&clients, IpAddr::V4(Ipv4Addr::LOCALHOST), None);
        let who = |value: &str| {
            peer.identify(Some(&tokens), &clients, Some(value.as_bytes()))
                .map(|account| account.id.to_string())
                .map_err(|p| p.status)
        };
        assert_eq!(who("Bearer abc").as_deref(), Ok("alice"));
        assert_eq!(who("Bearer abc").as_deref(), Ok("alice"));
        assert_eq!(who("bearer d-e-f").as_deref(), Ok("bob"));
        for wrong in ["Bearer ab", "Bearer abcd", "Bearer ", "abc", "Basic abc", "Bearer # who may"] {
            assert_eq!(who(wrong), Err(401), "{wrong}");
        }
        assert_eq!(peer.identify(Some(&tokens), &clients, None).map_err(|p| p.status).err(), Some(401));
        std::fs::write(&path, "xyz,carol\n").unwrap();
        assert!(tokens.refresh().unwrap());
        assert_eq!(who("Bearer abc"), Err(401));
        assert_eq!(who("Bearer xyz").as_deref(), Ok("carol"));
        // A file that is broken takes nobody's rights away, and gives none.
        std::fs::write(&path, "nonsense").unwrap();
        assert!(tokens.refresh().is_err());
        assert_eq!(who("Bearer xyz").as_deref(), Ok("carol"));
    }

    #[test]
    fn without_tokens_clients_are_addresses() {
        let clients = clients();
        let peer = Peer::new(&clients, IpAddr::V4(Ipv4Addr::LOCALHOST), None);
        assert_eq!(&*peer.identify(None, &clients, None).unwrap().id, "127.0.0.1");
        let peer = Peer::new(&clients, IpAddr::V4(Ipv4Addr::LOCALHOST), Some(b""));
        let id = peer.identify(None, &clients, None).unwrap().id.to_string();
        assert!(id.starts_with("certificate e3b0c44298fc1c149afb"), "{id}");
    }
}
