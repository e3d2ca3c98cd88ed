//! TLS, with certificates of clients if they must have some.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Why TLS cannot be used.
#[derive(Debug)]
pub(super) struct TlsError(String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The files of TLS, read anew when they change: certificates are renewed while the service runs.
#[derive(Debug)]
pub(super) struct Tls {
    cert: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    config: RwLock<Arc<ServerConfig>>,
    written: Mutex<Vec<Option<SystemTime>>>,
}

impl Tls {
    pub(super) fn read(cert: &Path, key: &Path, client_ca: Option<&Path>) -> Result<Tls, TlsError> {
        let config = load(cert, key, client_ca)?;
        let tls = Tls {
            cert: cert.to_owned(),
            key: key.to_owned(),
            client_ca: client_ca.map(Path::to_owned),
            config: RwLock::new(Arc::new(config)),
            written: Mutex::default(),
        };
        *tls.written.lock().unwrap_or_else(PoisonError::into_inner) = tls.times();
        Ok(tls)
    }

    /// For the next connection.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files again if they have changed. They stay as they are if they do not fit together.
    pub(super) fn refresh(&self) -> Result<bool, TlsError> {
        let now = self.times();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written == now {
            return Ok(false);
        }
        *written = now;
        let config = load(&self.cert, &self.key, self.client_ca.as_deref())?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(true)
    }

    fn times(&self) -> Vec<Option<SystemTime>> {
        let time = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()].into_iter().flatten().map(time).collect()
    }
}

fn load(cert: &Path, key: &Path, client_ca: Option<&Path>) -> Result<ServerConfig, TlsError> {
    let failed = |path: &Path, error: &dyn fmt::Display| TlsError(format!("{}: {error}", path.display()));
    let certificates = |path: &Path| -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(path, &error))?;
        let found: Result<Vec<_>, _> = found.collect();
        let found = found.map_err(|error| failed(path, &error))?;
        if found.is_empty() { Err(failed(path, &"there is no certificate")) } else { Ok(found) }
    };
    let chain = certificates(cert)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError(error.to_string()))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| failed(path, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| failed(path, &error))?)
        }
    };
    let mut config = builder.with_single_cert(chain, private).map_err(|error| failed(cert, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
