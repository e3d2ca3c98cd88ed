//! The certificate of the webhook, which changes while it runs: cert-manager writes a new one before the old
//! one ends.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::WebhookError;

/// The files, and what they held last that was of use.
pub(super) struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    content: (Vec<u8>, Vec<u8>),
    /// What was wrong with the files when they were looked at last.
    error: Option<String>,
    config: Arc<ServerConfig>,
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// One is missing, or they do not belong together.
    pub(super) fn read(certificate: &Path, key: &Path) -> Result<Certificate, WebhookError> {
        let failed = |path: &Path, error: String| WebhookError::Certificate(path.to_owned(), error);
        let read = |path: &Path| std::fs::read(path).map_err(|error| failed(path, error.to_string()));
        let content = (read(certificate)?, read(key)?);
        let config = config(&content).map_err(|error| failed(certificate, error))?;
        let current = Mutex::new(Current { content, error: None, config });
        Ok(Certificate { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// What the files hold now; what they held before, where they make no sense. Asked for each connection, of
    /// which an API server keeps few: a look at two small files is cheaper than the handshake.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        let content = std::fs::read(&self.certificate)
            .and_then(|certificate| Ok((certificate, std::fs::read(&self.key)?)));
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let error = match content {
            Ok(content) if content == current.content => None,
            Ok(content) => match config(&content) {
                Ok(config) => {
                    tracing::info!(file = %self.certificate.display(), "the certificate has changed");
                    *current = Current { content, error: None, config };
                    None
                }
                Err(error) => Some(error),
            },
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = &error
            && current.error.as_ref() != Some(error)
        {
            // They are written one after the other: the next look may find a pair.
            tracing::warn!(file = %self.certificate.display(), "the old certificate stays: {error}");
        }
        current.error = error;
        Arc::clone(&current.config)
    }
}

fn config((certificate, key): &(Vec<u8>, Vec<u8>)) -> Result<Arc<ServerConfig>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let certificates = certificates.map_err(|error| format!("the certificate: {error}"))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the key: {error}"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key));
    config.map(Arc::new).map_err(|error| error.to_string())
}
