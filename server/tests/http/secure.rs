//! Talking to a server over TLS, in a protocol of one's own choosing.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::Method;
use reqwest::header::{COOKIE, HOST, SET_COOKIE};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::app::{Answer, TestApp};

/// What ALPN calls the two protocols.
pub const HTTP_2: &str = "h2";
pub const HTTP_1: &str = "http/1.1";

/// A server with a certificate that it made for itself.
pub async fn self_signed(settings: &[&str]) -> TestApp {
    TestApp::with(&[&["server.tls.self_signed=true"], settings].concat()).await
}

/// A certificate and its key, in files of this folder.
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// Makes new ones in the place of those that were there.
    pub fn make(folder: &Path) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let files = Self { certificate: folder.join("site.pem"), key: folder.join("site.key") };
        fs::write(&files.certificate, cert.pem()).expect("writes");
        fs::write(&files.key, signing_key.serialize_pem()).expect("writes");
        files.protect(0o600);
        files
    }

    pub fn protect(&self, mode: u32) {
        fs::set_permissions(&self.key, fs::Permissions::from_mode(mode)).expect("changes");
    }

    pub fn settings(&self) -> [String; 2] {
        [
            format!("server.tls.certificate={}", self.certificate.display()),
            format!("server.tls.key={}", self.key.display()),
        ]
    }
}

/// Connects, and speaks this protocol afterwards.
pub async fn connect(address: SocketAddr, protocol: &str) -> io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(ring::default_provider());
    let trusting = Arc::new(Trusting(Arc::clone(&provider)));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(trusting)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.into()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The certificate that new connections are shown.
pub async fn certificate(address: SocketAddr) -> CertificateDer<'static> {
    let stream = connect(address, HTTP_1).await.expect("connects");
    let chain = stream.get_ref().1.peer_certificates().expect("a chain");
    chain.first().expect("a certificate").clone()
}

/// Somebody on one connection, who keeps cookies.
pub struct Visitor {
    address: SocketAddr,
    connection: Connection,
    pub cookies: Vec<String>,
}

enum Connection {
    One(http1::SendRequest<String>),
    Two(http2::SendRequest<String>),
}

impl Visitor {
    pub async fn connect(address: SocketAddr, protocol: &str) -> Self {
        let stream = TokioIo::new(connect(address, protocol).await.expect("connects"));
        let connection = if protocol == HTTP_2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.expect("speaks");
            tokio::spawn(connection);
            Connection::Two(sender)
        } else {
            let (sender, connection) = http1::handshake(stream).await.expect("speaks");
            tokio::spawn(connection);
            Connection::One(sender)
        };
        Self { address, connection, cookies: Vec::new() }
    }

    pub fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html")], "").await
    }

    pub async fn json(&mut self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], body).await
    }

    /// As a browser without JavaScript sends a form.
    pub async fn form(&mut self, path: &str, body: &str) -> Answer {
        let origin = self.origin();
        let headers = [
            ("origin", origin.as_str()),
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(Method::POST, path, &headers, body).await
    }

    /// In HTTP/2 each cookie has a field of its own, as browsers do it (RFC 9113, section 8.2.3).
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let is_two = matches!(self.connection, Connection::Two(_));
        let target = if is_two { format!("{}{path}", self.origin()) } else { path.to_owned() };
        let mut request = http::Request::builder().method(method).uri(target);
        if !is_two {
            request = request.header(HOST, self.address.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let joined = [self.cookies.join("; ")];
        for pairs in if is_two { &self.cookies[..] } else { &joined[..] } {
            request = request.header(COOKIE, pairs);
        }
        let request = request.body(body.to_owned()).expect("a request");
        let response = match &mut self.connection {
            Connection::One(sender) => {
                sender.ready().await.expect("is open");
                sender.send_request(request).await
            }
            Connection::Two(sender) => sender.send_request(request).await,
        };
        self.keep(response.expect("answers")).await
    }

    async fn keep(&mut self, response: http::Response<hyper::body::Incoming>) -> Answer {
        use http_body_util::BodyExt as _;
        let (head, body) = response.into_parts();
        for set in head.headers.get_all(SET_COOKIE) {
            let set = set.to_str().expect("text");
            let pair = set.split(';').next().unwrap_or_default();
            let name = pair.split('=').next().unwrap_or_default();
            self.cookies.retain(|known| known.split('=').next() != Some(name));
            if !set.contains("Max-Age=0") {
                self.cookies.push(pair.to_owned());
            }
        }
        let body = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: head.status, headers: head.headers, body }
    }
}

/// Believes every certificate, but lets nobody use one without its key.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
