//! Connections over TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate::Certificate;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at a time; more wait.
const MOST: usize = 256;
/// The pause after there was no room for a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Hands on connections whose handshake is done. One that dawdles delays no other.
pub(super) struct TlsListener {
    address: SocketAddr,
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    pub(super) async fn bind(address: SocketAddr, certificate: Arc<Certificate>) -> io::Result<TlsListener> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, connections) = mpsc::channel(16);
        tokio::spawn(accept(listener, certificate, sender));
        Ok(TlsListener { address, connections })
    }
}

async fn accept(
    listener: TcpListener,
    certificate: Arc<Certificate>,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(MOST));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!("accepting a connection: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if sender.is_closed() {
            return;
        }
        let (certificate, sender) = (Arc::clone(&certificate), sender.clone());
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(certificate.current());
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => _ = sender.send((stream, from)).await,
                Ok(Err(error)) => tracing::debug!(%from, "handshake: {error}"),
                Err(_) => tracing::debug!(%from, "handshake: not in time"),
            }
            drop(place);
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // Who accepts is gone: with the runtime, as this is.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
