//! What a supervisor such as systemd is told of the service, over the socket that it names.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use tests::{PATIENCE, PanelPlan, Process, SitePlan, program};

/// The supervisor's end.
struct Supervisor(UnixDatagram);

impl Supervisor {
    /// Waits until it is told something.
    fn hears(&self, wanted: &str) -> String {
        let mut buffer = [0; 1024];
        loop {
            let len = self.0.recv(&mut buffer).unwrap_or_else(|error| panic!("not told {wanted}: {error}"));
            let told = String::from_utf8_lossy(&buffer[..len]).into_owned();
            if told.lines().any(|line| line == wanted) {
                return told;
            }
        }
    }
}

#[tokio::test]
async fn a_supervisor_hears_that_the_service_is_ready_lives_and_stops() {
    let plan = SitePlan::empty().line("north", 38_400, [PanelPlan::new("lobby")]);
    let _simulator = plan.simulator().await;
    plan.write();
    let path = plan.folder().join("notify");
    let supervisor = Supervisor(UnixDatagram::bind(&path).unwrap());
    supervisor.0.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = program("gateway");
    command.args(["run", "--config"]).arg(plan.config());
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "300000").env_remove("WATCHDOG_PID");
    let mut service = Process::start(command);
    let ready = supervisor.hears("READY=1");
    assert!(ready.contains("STATUS=the page is at http://127.0.0.1:"), "{ready}");
    for _ in 0..3 {
        supervisor.hears("WATCHDOG=1");
    }
    service.signal(Signal::TERM);
    supervisor.hears("STOPPING=1");
    assert_eq!(service.ended().await.code(), Some(0));
}
