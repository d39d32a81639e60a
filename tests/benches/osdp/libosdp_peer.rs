//! libosdp as CP and as PD, over a channel in memory.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
use libosdp::{
    Channel, ChannelError, ControlPanel, ControlPanelBuilder, OsdpCommand, OsdpCommandMfg, OsdpError,
    PdCapEntity, PdCapability, PdInfoBuilder, PeripheralDevice,
};

/// Longest time for a session to come up, and for a command to arrive.
const PATIENCE: Duration = Duration::from_secs(12);

/// What libosdp has to say of a failure.
fn said(error: &OsdpError) -> anyhow::Error {
    anyhow!("libosdp: {error:?}")
}

/// One direction of a line.
type Wire = VecDeque<u8>;

/// One end of a line.
struct End {
    id: i32,
    reads: Arc<Mutex<Wire>>,
    writes: Arc<Mutex<Wire>>,
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Channel for End {
    fn get_id(&self) -> i32 {
        self.id
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ChannelError> {
        let mut wire = locked(&self.reads);
        let arrived = wire.len().min(buf.len());
        for (to, byte) in buf.iter_mut().zip(wire.drain(..arrived)) {
            *to = byte;
        }
        if arrived == 0 { Err(ChannelError::WouldBlock) } else { Ok(arrived) }
    }

    fn write(&mut self, buf: &[u8]) -> Result<usize, ChannelError> {
        locked(&self.writes).extend(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), ChannelError> {
        Ok(())
    }

    fn close(&mut self) -> Result<(), ChannelError> {
        Ok(())
    }
}

/// libosdp talking to libosdp in a secure channel.
pub(crate) struct Pair {
    cp: ControlPanel,
    pd: PeripheralDevice,
    commands: Arc<AtomicU32>,
}

impl Pair {
    /// Over a channel without delay.
    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        let (down, up) = (Arc::new(Mutex::new(Wire::default())), Arc::new(Mutex::new(Wire::default())));
        let cp_end = End { id: 1, reads: Arc::clone(&up), writes: Arc::clone(&down) };
        let pd_end = End { id: 2, reads: down, writes: up };
        let device = || -> Result<PdInfoBuilder, OsdpError> {
            let info = PdInfoBuilder::new().address(1)?.baud_rate(115_200)?;
            Ok(info.secure_channel_key([0x5A; 16]))
        };
        let cp = ControlPanelBuilder::new()
            .add_channel(Box::new(cp_end), vec![device().map_err(|error| said(&error))?])
            .build()
            .map_err(|error| said(&error))?;
        let secure = PdCapability::CommunicationSecurity(PdCapEntity::new(1, 1));
        let mut pd = PeripheralDevice::new(
            device().map_err(|error| said(&error))?.capability(secure),
            Box::new(pd_end),
        )
        .map_err(|error| said(&error))?;
        let commands = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&commands);
        pd.set_command_callback(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            0
        });
        let mut pair = Self { cp, pd, commands };
        let began = Instant::now();
        while !pair.cp.is_sc_active(0) {
            ensure!(began.elapsed() < PATIENCE, "libosdp had no session after {PATIENCE:?}");
            pair.refresh();
        }
        Ok(pair)
    }

    fn refresh(&mut self) {
        self.cp.refresh();
        self.pd.refresh();
    }

    /// Sends so many vendor commands of `len` bytes, each when the one before has reached the PD.
    pub(crate) fn round_trips(&mut self, count: u32, len: usize) -> anyhow::Result<()> {
        let command = OsdpCommand::Mfg(OsdpCommandMfg { vendor_code: (2, 2, 3), data: vec![0; len] });
        let before = self.commands.load(Ordering::Relaxed);
        for sent in 0..count {
            self.cp.send_command(0, command.clone()).map_err(|error| said(&error))?;
            let began = Instant::now();
            while self.commands.load(Ordering::Relaxed) - before <= sent {
                ensure!(began.elapsed() < PATIENCE, "libosdp's command {sent} was lost");
                self.refresh();
            }
        }
        Ok(())
    }
}
