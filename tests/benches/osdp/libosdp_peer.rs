//! libosdp as CP and as PD, over a channel in memory that lets bytes through at a line's rate.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use libosdp::{
    Channel, ChannelError, ControlPanel, ControlPanelBuilder, OsdpCommand, OsdpCommandFileTx, OsdpCommandMfg,
    OsdpError, OsdpFileOps, PdCapEntity, PdCapability, PdInfoBuilder, PeripheralDevice,
};
use panel_protocol::osdp::cp::line_time;
use tests::figures::Figures;

use crate::Plan;

/// Longest time for a session to come up, and for a transfer to get on by a byte. At 9600 baud libosdp's reply timer
/// runs out before a full fragment has left; eight repetitions later it leaves the device alone for minutes.
const PATIENCE: Duration = Duration::from_secs(12);

/// The file's number, as both sides have agreed.
const FILE: i32 = 1;

/// What libosdp has to say of a failure.
fn said(error: &OsdpError) -> anyhow::Error {
    anyhow!("libosdp: {error:?}")
}

/// One direction of a line: bytes and when they have arrived.
#[derive(Default)]
struct Wire {
    bytes: VecDeque<(Instant, u8)>,
    busy_until: Option<Instant>,
}

/// One end of a line.
struct End {
    id: i32,
    /// `None`: bytes take no time.
    baud: Option<i32>,
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
        let now = Instant::now();
        let arrived = wire.bytes.iter().take(buf.len()).take_while(|(at, _)| *at <= now).count();
        for (to, (_, byte)) in buf.iter_mut().zip(wire.bytes.drain(..arrived)) {
            *to = byte;
        }
        if arrived == 0 { Err(ChannelError::WouldBlock) } else { Ok(arrived) }
    }

    fn write(&mut self, buf: &[u8]) -> Result<usize, ChannelError> {
        let mut wire = locked(&self.writes);
        let now = Instant::now();
        let per_byte = self.baud.map_or(Duration::ZERO, |baud| line_time(1, baud.unsigned_abs()));
        let mut at = wire.busy_until.unwrap_or(now).max(now);
        for byte in buf {
            at += per_byte;
            wire.bytes.push_back((at, *byte));
        }
        wire.busy_until = Some(at);
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
        Self::over(None)
    }

    fn over(baud: Option<i32>) -> anyhow::Result<Self> {
        let (down, up) = (Arc::new(Mutex::new(Wire::default())), Arc::new(Mutex::new(Wire::default())));
        let cp_end = End { id: 1, baud, reads: Arc::clone(&up), writes: Arc::clone(&down) };
        let pd_end = End { id: 2, baud, reads: down, writes: up };
        let device = || -> Result<PdInfoBuilder, OsdpError> {
            let info = PdInfoBuilder::new().address(1)?.baud_rate(baud.unwrap_or(115_200))?;
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

/// A file in memory, at either end.
struct File {
    content: Arc<Mutex<Vec<u8>>>,
}

impl OsdpFileOps for File {
    fn open(&mut self, _: i32, _: bool) -> Result<usize, OsdpError> {
        Ok(locked(&self.content).len())
    }

    fn offset_read(&self, buf: &mut [u8], offset: u64) -> Result<usize, OsdpError> {
        let content = locked(&self.content);
        let rest = usize::try_from(offset).ok().and_then(|at| content.get(at..)).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn offset_write(&self, buf: &[u8], offset: u64) -> Result<usize, OsdpError> {
        let mut content = locked(&self.content);
        let at = usize::try_from(offset).map_err(|_| OsdpError::FileTransfer("offset"))?;
        content.resize(at, 0);
        content.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn close(&mut self) -> Result<(), OsdpError> {
        Ok(())
    }
}

pub(crate) fn measure(plan: Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!(
        "libosdp sends a file of {} bytes to itself, secure, reply time 0 (real time)",
        plan.file
    ));
    figures.say("   baud   seconds   bytes/s   share of the line rate");
    for baud in plan.peer_bauds {
        match send_file(*baud, plan.file as usize)? {
            Ok(took) => {
                let rate = f64::from(plan.file) / took.as_secs_f64();
                let share = rate * 10.0 / f64::from(*baud);
                figures.say(format!("{baud:>7} {:>9.2} {rate:>9.0} {share:>8.3}", took.as_secs_f64()));
            }
            Err(got) => {
                figures.say(format!("{baud:>7}   no further after {got} bytes, given up after {PATIENCE:?}"));
            }
        }
    }
    Ok(())
}

/// How long the file took; or how many bytes had come when it got no further.
fn send_file(baud: u32, len: usize) -> anyhow::Result<Result<Duration, usize>> {
    let mut pair = Pair::over(Some(i32::try_from(baud).context("a baud rate")?))?;
    let sent: Vec<u8> = (0..len).map(|at| at as u8).collect();
    let received = Arc::new(Mutex::new(Vec::new()));
    pair.cp
        .register_file_ops(0, Box::new(File { content: Arc::new(Mutex::new(sent.clone())) }))
        .map_err(|error| said(&error))?;
    pair.pd
        .register_file_ops(Box::new(File { content: Arc::clone(&received) }))
        .map_err(|error| said(&error))?;
    pair.cp
        .send_command(0, OsdpCommand::FileTx(OsdpCommandFileTx { id: FILE, flags: 0 }))
        .map_err(|error| said(&error))?;
    let began = Instant::now();
    let (mut got, mut got_at) = (0, began);
    while got < len {
        pair.refresh();
        let now = locked(&received).len();
        if now > got {
            (got, got_at) = (now, Instant::now());
        } else if got_at.elapsed() > PATIENCE {
            return Ok(Err(got));
        }
    }
    ensure!(*locked(&received) == sent, "libosdp's file did not arrive as it was");
    Ok(Ok(began.elapsed()))
}
