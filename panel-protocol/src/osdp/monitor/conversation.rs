//! What a CP and one PD say to each other.

use core::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::channel::Channel;
use super::keys::{KeyName, KeyRing};
use super::{Observation, Seal};
use crate::osdp::command::{self, Command};
use crate::osdp::frame::{Frame, FrameMut, scs};
use crate::osdp::reply::{self, ClientCryptogram, Reply};
use crate::osdp::secure::{Position, Scbk};

/// One address, as it was heard.
#[derive(Debug)]
pub(super) struct Conversation {
    address: u8,
    channel: Channel,
    command: Option<Said>,
    reply: Option<Said>,
    /// Whether the last command is a new one that has not been answered.
    unanswered: bool,
    /// The last command's sequence number.
    asked_at: u8,
    /// Keys that KEYSETs carried, the latest first: the one before stays good until the device has taken the latest.
    learned: [Option<Scbk>; 2],
}

/// The last frame of one side.
#[derive(Clone, Copy)]
struct Said {
    /// Tells its bytes from others'.
    print: u64,
    /// What it proved; a repetition proves the same.
    seal: Seal,
    /// Where the chain of MACs stood before it.
    before: Option<Position>,
}

/// What a frame does to the conversation, as far as its outside shows.
enum Step {
    /// CHLNG with the CP's number.
    Challenge([u8; 8]),
    /// CCRYPT with the PD's number and proof.
    Prove(ClientCryptogram),
    /// SCRYPT, whose data is the CP's proof.
    Confirm,
    /// RMAC_I, whose data is the PD's initial MAC.
    Begin,
    /// A frame of a session.
    Sealed,
    /// BUSY: nothing has happened.
    Busy,
    /// Anything else in clear, which ends a session.
    Clear,
}

impl Conversation {
    pub(super) const fn new(address: u8) -> Self {
        Self {
            address,
            channel: Channel::Unheard,
            command: None,
            reply: None,
            unanswered: false,
            asked_at: 0,
            learned: [None, None],
        }
    }

    pub(super) const fn address(&self) -> u8 {
        self.address
    }

    /// A frame of this conversation was not heard.
    pub(super) fn missed(&mut self) {
        self.channel.missed();
    }

    pub(super) fn hear<'a, const N: usize>(
        &mut self,
        frame: FrameMut<'a>,
        keys: &KeyRing<N>,
    ) -> Observation<'a> {
        let view = frame.view();
        let (reply, print) = (view.header().reply, print(&view));
        let before = self.channel.position();
        match self.last(reply).filter(|said| said.print == print) {
            Some(said) => self.hear_again(frame, said),
            None => {
                let (busy, learns) = (matches!(step(&view), Step::Busy), keys.learns());
                let seen = self.hear_new(frame, keys);
                if learns && seen.seal == Seal::Right {
                    self.learn(&seen);
                }
                if !busy {
                    self.remember(reply, Said { print, seal: seen.seal, before });
                }
                seen
            }
        }
    }

    fn last(&self, reply: bool) -> Option<Said> {
        if reply { self.reply } else { self.command }
    }

    fn remember(&mut self, reply: bool, said: Said) {
        *(if reply { &mut self.reply } else { &mut self.command }) = Some(said);
        self.unanswered = !reply;
    }

    /// A retry, or the answer to one: it says what it said before, and the channel goes on from behind it. An answer
    /// that comes once more after a new command changes nothing.
    fn hear_again<'a>(&mut self, frame: FrameMut<'a>, said: Said) -> Observation<'a> {
        let late = frame.view().header().reply && self.unanswered;
        let now = self.channel.position();
        let seen = if frame.view().is_sealed() && said.seal == Seal::Right {
            self.channel.go_back(said.before);
            self.open(frame)
        } else {
            Observation {
                seal: said.seal,
                key: self.channel.key(),
                ..Observation::unopened(frame, said.seal)
            }
        };
        if late {
            self.channel.go_back(now);
        }
        Observation { repeated: true, ..seen }
    }

    fn hear_new<'a, const N: usize>(&mut self, frame: FrameMut<'a>, keys: &KeyRing<N>) -> Observation<'a> {
        let view = frame.view();
        let step = step(&view);
        if self.begins_anew(&view, &step) {
            self.channel = Channel::Unheard;
        }
        if !view.header().reply {
            self.asked_at = view.header().sequence;
        }
        let seal = match step {
            Step::Sealed => return self.open(frame),
            Step::Challenge(rnd_a) => {
                self.channel = Channel::Challenged(rnd_a);
                Seal::None
            }
            Step::Prove(proof) => self.prove(&proof, keys),
            Step::Confirm => self.channel.confirm(view.data()),
            Step::Begin => self.channel.begin(view.data()),
            Step::Busy => Seal::None,
            Step::Clear => {
                self.channel.heard_clear();
                Seal::None
            }
        };
        let key = self.channel.key();
        Observation { seal, key, ..Observation::unopened(frame, seal) }
    }

    /// Whether a frame ends whatever there was (OSDP 2.2, 5.9): sequence number 0 in a command, or in a reply to
    /// another. A handshake may be at 0 itself: its proofs say whether it is one.
    fn begins_anew(&self, frame: &Frame<'_>, step: &Step) -> bool {
        let header = frame.header();
        match step {
            Step::Challenge(_) | Step::Prove(_) | Step::Confirm | Step::Begin | Step::Busy => false,
            Step::Sealed | Step::Clear => header.sequence == 0 && !(header.reply && self.asked_at == 0),
        }
    }

    fn open<'a>(&mut self, frame: FrameMut<'a>) -> Observation<'a> {
        let view = frame.view();
        let (header, code) = (view.header(), view.code());
        let scs = view.scb().map(|scb| scb.kind);
        let opened = self.channel.open(frame);
        Observation {
            header,
            scs,
            code,
            data: opened.message.map(|message| message.data),
            seal: opened.seal,
            key: self.channel.key(),
            repeated: false,
        }
    }

    fn prove<const N: usize>(&mut self, proof: &ClientCryptogram, keys: &KeyRing<N>) -> Seal {
        let learned = self.learned.iter().flatten().map(|key| (KeyName::Learned, key));
        let given = keys.of(self.address).map(|key| (KeyName::Given, key));
        self.channel.prove(&proof.random, &proof.cryptogram, given.chain(learned))
    }

    /// Takes the key out of a KEYSET that could be read.
    fn learn(&mut self, seen: &Observation<'_>) {
        let data = seen.data.filter(|_| !seen.header.reply).unwrap_or_default();
        if let Ok(Command::KeySet(set)) = Command::parse(seen.code, data) {
            self.learned.swap(0, 1);
            self.learned[0] = Some(set.key());
        }
    }
}

/// What a frame does, by its code and security block. A step of the handshake that is malformed is none.
fn step(frame: &Frame<'_>) -> Step {
    let (code, data) = (frame.code(), frame.data());
    let kind = frame.scb().map(|scb| scb.kind);
    match (frame.header().reply, kind) {
        (_, Some(scs::COMMAND_MAC..=scs::REPLY_ENCRYPTED)) => Step::Sealed,
        (false, Some(scs::CHALLENGE)) => match Command::parse(code, data) {
            Ok(Command::Challenge(rnd_a)) => Step::Challenge(rnd_a),
            _ => Step::Clear,
        },
        (true, Some(scs::CLIENT_CRYPTOGRAM)) if code != reply::code::RMAC_I => match Reply::parse(code, data)
        {
            Ok(Reply::ClientCryptogram(proof)) => Step::Prove(proof),
            _ => Step::Clear,
        },
        (false, Some(scs::SERVER_CRYPTOGRAM)) if code == command::code::SCRYPT => Step::Confirm,
        (true, Some(scs::INITIAL_MAC | scs::CLIENT_CRYPTOGRAM)) if code == reply::code::RMAC_I => {
            match frame.scb() {
                Some(scb) if scb.data == [scs::ACCEPTED] => Step::Begin,
                _ => Step::Clear,
            }
        }
        (true, None) if code == reply::code::BUSY => Step::Busy,
        _ => Step::Clear,
    }
}

/// 64 bits that tell a frame from others. They are no proof of anything.
fn print(frame: &Frame<'_>) -> u64 {
    let mut hasher = SipHasher24::new();
    hasher.write(frame.bytes());
    hasher.finish()
}

impl core::fmt::Debug for Said {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Said({:?})", self.seal)
    }
}
