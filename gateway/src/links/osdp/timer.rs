//! A clock and a timer fine enough for a line: tokio's own ticks at a millisecond, and two characters of silence
//! take 174 µs at 115200 baud.

use std::io;
use std::os::fd::OwnedFd;

use panel_protocol::time::Micros;
use rustix::io::Errno;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// The system's monotonic clock.
pub(super) fn now() -> Micros {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanoseconds) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs());
    Micros(seconds * 1_000_000 + nanoseconds / 1000)
}

/// Waits for points in time. One wait at a time; a wait may be abandoned.
#[derive(Debug)]
pub(super) struct Timer {
    fd: AsyncFd<OwnedFd>,
    armed: Option<Micros>,
}

impl Timer {
    /// # Errors
    /// When the system has no timer left. Must be called within a tokio runtime.
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(
            deprecated,
            reason = "unsound only for types that don't own their descriptor; an `OwnedFd` does"
        )]
        let fd = AsyncFd::new(fd)?;
        Ok(Self { fd, armed: None })
    }

    /// Waits until `at`; for ever if there is no end.
    ///
    /// # Errors
    /// What the system says.
    pub(super) async fn until(&mut self, at: Option<Micros>) -> io::Result<()> {
        let Some(at) = at else { return std::future::pending().await };
        if at <= now() {
            return Ok(());
        }
        if self.armed != Some(at) {
            self.arm(at)?;
        }
        loop {
            let mut guard = self.fd.readable().await?;
            match rustix::io::read(self.fd.get_ref(), &mut [0; 8]) {
                Ok(_) => {
                    self.armed = None;
                    return Ok(());
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn arm(&mut self, at: Micros) -> io::Result<()> {
        let seconds = i64::try_from(at.0 / 1_000_000).unwrap_or(i64::MAX);
        let nanoseconds = i64::try_from(at.0 % 1_000_000 * 1000).unwrap_or(0);
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        timerfd_settime(
            self.fd.get_ref(),
            TimerfdTimerFlags::ABSTIME,
            &Itimerspec { it_interval: never, it_value: value },
        )?;
        self.armed = Some(at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_wait_ends_at_its_time_and_not_before() {
        let mut timer = Timer::new().unwrap();
        let mut late: Vec<Duration> = Vec::new();
        for _ in 0..200 {
            let at = now() + Duration::from_micros(200);
            timer.until(Some(at)).await.unwrap();
            assert!(now() >= at);
            late.push(now().since(at));
        }
        late.sort();
        println!("late by: median {:?}, p99 {:?}", late[100], late[198]);
        assert!(late[100] < Duration::from_millis(1), "no finer than tokio's own: {:?}", late[100]);
    }

    #[tokio::test]
    async fn an_abandoned_wait_does_not_end_the_next_one() {
        let mut timer = Timer::new().unwrap();
        let soon = now() + Duration::from_millis(1);
        tokio::select! {
            biased;
            _ = timer.until(Some(soon)) => panic!("not yet"),
            () = std::future::ready(()) => {}
        }
        let later = soon + Duration::from_millis(5);
        timer.until(Some(later)).await.unwrap();
        assert!(now() >= later);
    }
}
