//! What must hold for a PD whatever its line brings. A failure prints the case.

use std::time::Duration;

use crate::bench::{Bench, Device, card};
use crate::pieces::{Piece, any_piece};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{self, Frame, Header, Scb};
use panel_protocol::osdp::secure::{KeyKind, Scbk};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a line may do to a PD.
#[derive(Clone, Debug)]
enum Doing {
    Bytes(Vec<u8>),
    /// A sound frame to the device, its meaning left to chance.
    Frame {
        sequence: u8,
        scb: Option<(u8, Vec<u8>)>,
        code: u8,
        data: Vec<u8>,
    },
    /// The next command as a proper CP sends it.
    Proper(u8),
    Handshake,
    Reset,
    Wait(u16),
}

fn any_doing() -> impl Strategy<Value = Doing> {
    let code = prop_oneof![
        select(vec![0x60u8, 0x61, 0x68, 0x69, 0x6A, 0x6E, 0x75, 0x76, 0x77, 0x7B, 0x80]),
        any::<u8>()
    ];
    let scb = proptest::option::of((0x10..0x1Au8, vec(0..2u8, 0..2)));
    prop_oneof![
        vec(any_piece(), 0..4).prop_map(|some| Doing::Bytes(some.iter().flat_map(Piece::bytes).collect())),
        (0..4u8, scb, code, vec(any::<u8>(), 0..40)).prop_map(|(sequence, scb, code, data)| Doing::Frame {
            sequence,
            scb,
            code,
            data
        }),
        select(vec![0x60u8, 0x61, 0x6A, 0x80]).prop_map(Doing::Proper),
        Just(Doing::Handshake),
        Just(Doing::Reset),
        any::<u16>().prop_map(Doing::Wait),
    ]
}

proptest! {
    #[test]
    fn a_pd_answers_anything_with_sound_frames_or_not_at_all(doings in vec(any_doing(), 0..40)) {
        let key = Scbk::new([9; 16]);
        let mut bench = Bench::new(Device::with_key(&key));
        bench.show(card(1));
        bench.show(card(2));
        for doing in doings {
            let sent = match doing {
                Doing::Bytes(bytes) => bench.wire(&bytes),
                Doing::Frame { sequence, scb, code, data } => {
                    let scb = scb.as_ref().map(|(kind, data)| Scb { kind: *kind, data });
                    let header = Header::command(bench.pd.address(), sequence);
                    let command = Command::Other { code, data: &data };
                    let bytes = frame::emit(&mut [0; 64], header, scb, &command).unwrap().to_vec();
                    bench.wait(Duration::from_millis(21));
                    let sent = bench.wire(&bytes);
                    prop_assert!(sent.is_some(), "a sound frame to the device is always answered");
                    sent
                }
                Doing::Proper(code) => {
                    let data: &[u8] = if code == 0x80 { &[1, 2, 3, 4] } else { &[] };
                    let bytes = bench.frame(&Command::Other { code, data });
                    bench.wire(&bytes)
                }
                Doing::Handshake => {
                    (bench.sequence, bench.session, bench.address) = (0, None, bench.pd.address());
                    bench.wait(Duration::from_millis(21));
                    prop_assert!(bench.open_channel(KeyKind::Installed, &key).is_ok());
                    None
                }
                Doing::Reset => {
                    (bench.sequence, bench.session) = (0, None);
                    None
                }
                Doing::Wait(ms) => bench.wait(Duration::from_millis(ms.into())),
            };
            if let Some(sent) = sent {
                prop_assert!(Frame::parse(&sent[1..]).is_ok_and(|frame| frame.header().reply));
            }
        }
        prop_assert_eq!(bench.device.key, Some(key), "nobody has set another key");
        prop_assert!(bench.device.delivered <= bench.device.told);
    }
}
