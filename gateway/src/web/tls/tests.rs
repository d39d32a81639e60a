use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use rcgen::CertificateParams;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::{TempDir, tempdir};

use super::*;

const NOW: &str = "2026-11-22T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn names() -> Vec<String> {
    vec!["localhost".into(), "127.0.0.1".into()]
}

fn made() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempdir().unwrap();
    Certificate::self_signed(folder.path(), names(), now()).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    (folder, cert, key)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_made_certificate_is_kept_and_its_key_is_private() {
    let (folder, cert, key) = made();
    let before = fs::read(&cert).unwrap();
    let again = Certificate::self_signed(folder.path(), names(), now()).unwrap();
    assert_eq!(fs::read(&cert).unwrap(), before, "made anew though the old one was good");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(again.validity().until, "2036-11-22T00:00:00Z".parse().unwrap());
    assert_eq!(again.fingerprint().len(), 32 * 3 - 1);
}

#[test]
fn a_certificate_about_to_end_is_replaced() {
    let (folder, cert, _) = made();
    let before = fs::read(&cert).unwrap();
    let late = "2036-11-01T00:00:00Z".parse().unwrap();
    let renewed = Certificate::self_signed(folder.path(), names(), late).unwrap();
    assert_ne!(fs::read(&cert).unwrap(), before);
    assert!(renewed.validity().until > late + (24 * 3000).hours());
}

#[test]
fn half_a_pair_is_made_whole() {
    let (folder, cert, key) = made();
    fs::remove_file(&cert).unwrap();
    Certificate::self_signed(folder.path(), names(), now()).unwrap();
    fs::remove_file(&key).unwrap();
    Certificate::self_signed(folder.path(), names(), now()).unwrap();
}

#[test]
fn a_key_of_another_pair_is_made_anew_where_we_made_it() {
    let (folder, cert, key) = made();
    let (_other, _, foreign_key) = made();
    fs::copy(&foreign_key, &key).unwrap();
    let before = fs::read(&cert).unwrap();
    Certificate::self_signed(folder.path(), names(), now()).unwrap();
    assert_ne!(fs::read(&cert).unwrap(), before);
}

#[test]
fn a_certificate_of_a_clock_that_was_ahead_is_made_anew_while_running() {
    let folder = tempdir().unwrap();
    let ahead = "2040-01-02T00:00:00Z".parse().unwrap();
    let origin = Origin::Made { folder: folder.path().to_owned(), names: names() };
    let served = Served::new(origin, ahead).unwrap();
    let before = served.certificate();
    assert!(!served.look(ahead).unwrap(), "it is good in 2040");
    assert!(served.look(now()).unwrap(), "nobody takes it in 2026");
    assert!(served.certificate().validity().from <= now());
    assert_ne!(served.certificate().fingerprint(), before.fingerprint());
    assert!(!served.look(now()).unwrap());
}

#[test]
fn new_files_of_the_operator_are_taken_while_running_and_bad_ones_leave_the_old_in_use() {
    let (_folder, cert, key) = made();
    let (_other, new_cert, new_key) = made();
    let served = Served::new(Origin::Files { cert: cert.clone(), key: key.clone() }, now()).unwrap();
    let first = served.certificate().fingerprint();
    fs::write(&cert, "not a certificate, and of another length").unwrap();
    assert!(matches!(served.look(now()), Err(TlsError::NotPem { .. })));
    assert!(matches!(served.look(now()), Ok(false)), "the same files are told of once");
    assert_eq!(served.certificate().fingerprint(), first);
    fs::copy(&new_cert, &cert).unwrap();
    fs::copy(&new_key, &key).unwrap();
    assert!(served.look(now()).unwrap());
    assert_ne!(served.certificate().fingerprint(), first);
}

#[test]
fn errors_name_the_file_that_is_wrong() {
    let (_one, cert, key) = made();
    let (_other, _, foreign_key) = made();
    let missing = Path::new("/nonexistent/cert.pem");
    let fails = |cert: &Path, key: &Path| Certificate::from_files(cert, key).unwrap_err();
    assert_eq!(fails(missing, &key).path(), missing);
    assert!(matches!(fails(&key, &key), TlsError::NotPem { path, what: "certificate" } if path == key));
    assert!(matches!(fails(&cert, &foreign_key), TlsError::Mismatch { path, .. } if path == foreign_key));
    fs::write(&foreign_key, "-----BEGIN nothing").unwrap();
    assert!(matches!(fails(&cert, &foreign_key), TlsError::NotPem { what: "private key", .. }));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(fails(&cert, &key), TlsError::TooOpen { mode: 0o644, .. }));
}

#[test]
fn no_private_key_is_shown_by_debug() {
    let (_folder, cert, key) = made();
    let certificate = Certificate::from_files(&cert, &key).unwrap();
    let shown = format!("{certificate:?}");
    assert!(shown.starts_with("Certificate { validity: ") && shown.len() < 110, "{shown}");
}

#[test]
fn a_client_that_trusts_the_certificate_completes_the_handshake_by_name_and_by_address() {
    let (_folder, cert, key) = made();
    let origin = Origin::Files { cert: cert.clone(), key };
    let server = Arc::new(Arc::new(Served::new(origin, now()).unwrap()).server_config());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&cert).unwrap()).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Arc::new(client);
    for name in ["localhost", "127.0.0.1"] {
        let mut client = rustls::ClientConnection::new(client.clone(), name.try_into().unwrap()).unwrap();
        let mut server = rustls::ServerConnection::new(server.clone()).unwrap();
        for _ in 0..8 {
            let (mut up, mut down) = (Vec::new(), Vec::new());
            client.write_tls(&mut up).unwrap();
            server.read_tls(&mut up.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            server.write_tls(&mut down).unwrap();
            client.read_tls(&mut down.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        assert!(!client.is_handshaking() && !server.is_handshaking(), "{name}");
    }
}

#[test]
fn this_box_is_known_by_more_than_one_name() {
    let names = local_names("192.0.2.7:8443".parse().unwrap());
    for expected in ["localhost", "127.0.0.1", "::1", "192.0.2.7"] {
        assert!(names.iter().any(|name| name == expected), "{names:?}");
    }
    CertificateParams::new(local_names("0.0.0.0:8443".parse().unwrap())).unwrap();
}
