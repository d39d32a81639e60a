//! The identity providers' side of a site: who speaks through which token, how they fare, and whether they could.
//! Everything is told to it as it happens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::access::mass_revocation::{MassRevocationWatch, Rule};
use crate::config::Config;
use crate::domain::ScimExchange;
use crate::health::Reach;
use crate::sources::connection::Connections;
use crate::store::tokens::Tokens;
use crate::views::ConnectionTestView;
use crate::web::tls::Validity;

/// What is known of the identity providers. Its locks are leaves: nothing else is locked while one is held.
pub struct Providers {
    pub(super) tokens: Arc<Tokens>,
    certificate: Mutex<Option<Validity>>,
    connections: Mutex<Connections>,
    losses: Mutex<MassRevocationWatch>,
    test: Mutex<Option<ConnectionTestView>>,
    reach: Mutex<Reach>,
}

impl Providers {
    /// Nobody has spoken yet.
    pub(super) fn new(config: &Config) -> Self {
        let rule =
            Rule { share: config.alarms.mass_revocation_share, people: config.alarms.mass_revocation_people };
        Self {
            tokens: Arc::new(Tokens::open(&config.site.data_dir)),
            certificate: Mutex::default(),
            connections: Mutex::default(),
            losses: Mutex::new(MassRevocationWatch::new(rule)),
            test: Mutex::default(),
            reach: Mutex::new(Reach::Unknown),
        }
    }

    /// The tokens of the site.
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    /// A SCIM client was answered.
    pub fn answered(&self, operation: ScimExchange) {
        self.connections().note(operation);
    }

    /// Clients are shown a certificate that holds from then until then.
    pub fn certificate(&self, validity: Validity) {
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner) = Some(validity);
    }

    /// How long the certificate that clients are shown holds; `None` where TLS doesn't end here.
    pub(super) fn certificate_validity(&self) -> Option<Validity> {
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn test(&self) -> MutexGuard<'_, Option<ConnectionTestView>> {
        self.test.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether sources can get through, as the endpoint last answered.
    pub(super) fn reach(&self) -> Reach {
        self.reach.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn reached(&self, asked: &Result<(), String>) {
        let reach = match asked {
            Ok(()) => Reach::Open,
            Err(why) => Reach::Shut(vec![why.clone()]),
        };
        *self.reach.lock().unwrap_or_else(PoisonError::into_inner) = reach;
    }

    pub(super) fn losses(&self) -> MutexGuard<'_, MassRevocationWatch> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
