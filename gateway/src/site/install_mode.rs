//! Install mode: the board and the controller's line are told together.

use futures_util::future::BoxFuture;
use jiff::SignedDuration;

use super::clock;
use super::running::Site;
use crate::domain::ControllerId;
use crate::operator::{Actor, InstallMinutes, InstallModeError, InstallModeOpened, OpenInstallMode};

impl OpenInstallMode for Site {
    fn open_install_mode(
        &self,
        controller: &ControllerId,
        minutes: InstallMinutes,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<InstallModeOpened, InstallModeError>> {
        let (controller, actor) = (controller.clone(), actor.clone());
        Box::pin(async move {
            let at = self.config.controllers.iter().position(|known| known.id == controller);
            let at = at.ok_or_else(|| InstallModeError::UnknownController(controller.clone()))?;
            let unavailable =
                |why: String| InstallModeError::Unavailable { controller: controller.clone(), why };
            let link = self.link_of(at).ok_or_else(|| unavailable("its line has not started".to_owned()))?;
            let span = SignedDuration::from_mins(i64::from(minutes.get()));
            let until = clock::now() + span;
            self.health().install_mode(at, until);
            let opened = link.open_install_mode(at, span.unsigned_abs()).await;
            opened.map_err(|error| unavailable(error.to_string()))?;
            tracing::warn!(%controller, ?actor, %until, "install mode opened");
            self.bump();
            Ok(InstallModeOpened { controller, until })
        })
    }
}
