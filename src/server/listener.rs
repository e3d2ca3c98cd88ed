//! Connections: how many there may be, what each is answered with, and how they end.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::auth::Peer;
use super::direct;
use super::io::Watched;
use super::options::Options;
use super::service::Service;
use super::state::Shared;
use super::tls::Tls;

/// The most bytes of the head of a request, and of what is read ahead of a body.
const HEAD_BYTES: usize = 64 << 10;
/// The most headers of a request.
const HEADERS: usize = 128;
/// How long to wait after an accept that failed, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(50);

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
connection: close\r\ncontent-length: 139\r\n\r\n{\"type\":\"urn:stampmill:problem:overload\",\"title\":\"Too much to do\",\
\"status\":503,\"detail\":\"there are too many connections\",\"kind\":\"overload\"}";

/// Takes connections.
pub(super) struct Listener {
    listener: TcpListener,
    service: Arc<Service>,
    tls: Option<Arc<Tls>>,
    http: http1::Builder,
    write_timeout: Duration,
    header_timeout: Duration,
    most: usize,
    most_of_address: usize,
    addresses: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that counts, until it is dropped.
struct Counted {
    shared: Arc<Shared>,
    addresses: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = addresses.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}

impl Listener {
    pub(super) async fn bind(
        address: SocketAddr,
        options: &Options,
        service: Arc<Service>,
        tls: Option<Arc<Tls>>,
    ) -> std::io::Result<Listener> {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.header_timeout)
            // Who closes its half has gone, as far as anybody can tell, and takes its render with it.
            .half_close(false)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS);
        Ok(Listener {
            listener: TcpListener::bind(address).await?,
            service,
            tls,
            http,
            write_timeout: options.write_timeout,
            header_timeout: options.header_timeout,
            most: options.connections,
            most_of_address: options.client_connections,
            addresses: Arc::default(),
        })
    }

    pub(super) fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes connections until `stop` says so; what is open then ends with its last request.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let closed = stop.clone();
        let ended = async move { _ = stop.wait_for(|stop| *stop).await };
        let mut ended = pin!(ended);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut ended => return,
            };
            match accepted {
                Ok((stream, address)) => self.begin(stream, address.ip(), closed.clone()),
                Err(error) => {
                    tracing::warn!("accepting a connection: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Counts a connection; none if there are too many.
    fn count(&self, address: IpAddr) -> Option<Counted> {
        let shared = &self.service.shared;
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = addresses.get(&address).copied().unwrap_or(0);
        if of_address >= self.most_of_address || shared.connections.load(Ordering::Relaxed) >= self.most {
            return None;
        }
        addresses.insert(address, of_address + 1);
        shared.connections.fetch_add(1, Ordering::Relaxed);
        Some(Counted { shared: Arc::clone(shared), addresses: Arc::clone(&self.addresses), address })
    }

    fn begin(&self, mut stream: TcpStream, address: IpAddr, stop: watch::Receiver<bool>) {
        let Some(counted) = self.count(address) else {
            self.service.shared.metrics.refused("connections");
            if self.tls.is_none() {
                tokio::spawn(async move {
                    _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(BUSY)).await;
                });
            }
            return;
        };
        // Answers are written at once: there is nothing to wait for.
        _ = stream.set_nodelay(true);
        let service = Arc::clone(&self.service);
        let http = self.http.clone();
        let (write_timeout, idle) = (self.write_timeout, self.header_timeout);
        let Some(tls) = &self.tls else {
            tokio::spawn(async move {
                let peer = Peer::new(&service.shared.clients, address, None);
                serve(&http, Watched::new(stream, write_timeout), service, peer, stop, idle).await;
                drop(counted);
            });
            return;
        };
        let acceptor = TlsAcceptor::from(tls.config());
        tokio::spawn(async move {
            match tokio::time::timeout(idle, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).cloned();
                    let peer = Peer::new(&service.shared.clients, address, certificate.as_deref());
                    serve(&http, Watched::new(stream, write_timeout), service, peer, stop, idle).await;
                }
                Ok(Err(error)) => {
                    service.shared.metrics.refused("tls");
                    tracing::debug!(%address, "TLS: {error}");
                }
                Err(_) => service.shared.metrics.refused("tls"),
            }
            drop(counted);
        });
    }
}

async fn serve<S>(
    http: &http1::Builder,
    mut stream: Watched<S>,
    service: Arc<Service>,
    peer: Peer,
    mut stop: watch::Receiver<bool>,
    idle: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match direct::serve(&mut stream, &service, &peer, stop.clone(), idle).await {
        Ok(direct::Next::General) => {}
        Ok(direct::Next::End) => {
            _ = stream.shutdown().await;
            return;
        }
        Err(error) => return tracing::debug!("a connection ended: {error}"),
    }
    let peer = Arc::new(peer);
    let answer = service_fn(move |request| {
        let (service, peer) = (Arc::clone(&service), Arc::clone(&peer));
        async move { Ok::<_, Infallible>(service.answer(&peer, request).await) }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    let ended = async { _ = stop.wait_for(|stop| *stop).await };
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = ended => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("a connection ended: {error}");
    }
}
