//! Bytes on a wire, and everything that adapters and boards do to them.

use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::yield_now;

use super::super::codec::{self, Framing};
use super::super::exchange::{Exchanged, exchange};
use super::super::machine::Ask;
use super::super::request::{Answer, Fault, Request, Table};
use super::super::wire::Wire;

const READ: Request = Request::Read { table: Table::Coils, first: 0, count: 8 };
const ON: Request = Request::WriteCoil { address: 0, value: 0xFF00 };
const PULSE: Request = Request::WriteCoil { address: 0x200, value: 50 };
const SHOWS_FIRST: [u8; 6] = [1, 1, 1, 1, 0x90, 0x48];

fn ask(request: Request) -> Ask {
    Ask { address: 1, request, timeout: Duration::from_millis(20) }
}

fn first_on() -> Answer {
    Answer::Bits((0..8).map(|point| point == 0).collect())
}

/// Asks, while the other end does something with the request.
async fn against(
    wire: &Wire,
    far: &mut DuplexStream,
    framing: Framing,
    request: Request,
    other_end: impl AsyncFnOnce(&mut DuplexStream, Vec<u8>),
) -> Exchanged {
    let far = async {
        let mut asked = vec![0; codec::frame(framing, 1, &request).len()];
        far.read_exact(&mut asked).await.unwrap();
        other_end(far, asked).await;
    };
    let ask = ask(request);
    let (exchanged, ()) = tokio::join!(exchange(wire, framing, &ask), far);
    exchanged.unwrap()
}

fn pair() -> (Wire, DuplexStream) {
    let (near, far) = duplex(4096);
    (Wire::new(near), far)
}

#[tokio::test]
async fn what_is_asked_is_answered_and_what_is_written_is_confirmed() {
    let (wire, mut far) = pair();
    let read = against(&wire, &mut far, Framing::Rtu, READ, async |far, asked| {
        assert_eq!(asked, [1, 1, 0, 0, 0, 8, 0x3D, 0xCC]);
        far.write_all(&SHOWS_FIRST).await.unwrap();
    });
    let read = read.await;
    assert_eq!((read.result, read.noise), (Ok(first_on()), 0));
    for request in [ON, PULSE] {
        let written = against(&wire, &mut far, Framing::Rtu, request, async |far, asked| {
            far.write_all(&asked).await.unwrap();
        });
        let written = written.await;
        assert_eq!((written.result, written.noise), (Ok(Answer::Written), 0));
    }
}

#[tokio::test]
async fn modbus_tcp_carries_the_same() {
    let (wire, mut far) = pair();
    for request in [ON, PULSE] {
        let written = against(&wire, &mut far, Framing::Tcp, request, async |far, asked| {
            assert_eq!(asked.len(), 12);
            far.write_all(&asked).await.unwrap();
        });
        let written = written.await;
        assert_eq!((written.result, written.noise), (Ok(Answer::Written), 0));
    }
}

#[tokio::test]
async fn an_adapter_that_repeats_our_bytes_is_noticed_and_borne() {
    let (wire, mut far) = pair();
    for request in [READ, ON, PULSE, READ] {
        let exchanged = against(&wire, &mut far, Framing::Rtu, request, async |far, asked| {
            for byte in &asked {
                far.write_all(&[*byte]).await.unwrap();
                yield_now().await;
            }
            let answer = if request == READ { &SHOWS_FIRST[..] } else { &asked };
            far.write_all(answer).await.unwrap();
        });
        let exchanged = exchanged.await;
        assert!(exchanged.result.is_ok() && exchanged.noise == 0, "{request:?}: {exchanged:?}");
    }
    // Its own echo alone confirms nothing.
    let alone = against(&wire, &mut far, Framing::Rtu, PULSE, async |far, asked| {
        far.write_all(&asked).await.unwrap();
    });
    assert_eq!(alone.await.result, Err(Fault::Timeout));
}

#[tokio::test]
async fn a_late_reply_is_thrown_away_before_the_next_question() {
    let (wire, mut far) = pair();
    let late = against(&wire, &mut far, Framing::Rtu, READ, async |_, _| {});
    assert_eq!(late.await.result, Err(Fault::Timeout));
    far.write_all(&[1, 1, 1, 0xFF, 0x11, 0xC8]).await.unwrap();
    let next = against(&wire, &mut far, Framing::Rtu, READ, async |far, _| {
        far.write_all(&SHOWS_FIRST).await.unwrap();
    });
    let next = next.await;
    assert_eq!((next.result, next.noise), (Ok(first_on()), 6));
}

#[tokio::test]
async fn a_reply_that_comes_in_pieces_is_put_together() {
    let (wire, mut far) = pair();
    for request in [READ, PULSE] {
        let slow = against(&wire, &mut far, Framing::Rtu, request, async |far, asked| {
            let answer = if request == READ { &SHOWS_FIRST[..] } else { &asked };
            for byte in answer {
                far.write_all(&[*byte]).await.unwrap();
                yield_now().await;
            }
        });
        let slow = slow.await;
        assert!(slow.result.is_ok() && slow.noise == 0, "{slow:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_told_by_its_cause() {
    let (wire, mut far) = pair();
    let other = codec::frame(Framing::Rtu, 2, &ON);
    let glued = [SHOWS_FIRST, [1, 1, 1, 0xFF, 0x11, 0xC8]].concat();
    let cases: [(&[u8], Result<Answer, Fault>, usize); 6] = [
        (&[], Err(Fault::Timeout), 0),
        (&[1, 1, 1, 1, 0x90, 0x49], Err(Fault::Damaged), 0),
        (&[2, 1, 1, 1, 0x60, 0x4C], Err(Fault::Damaged), 0),
        (&other, Err(Fault::Foreign), 0),
        (&[1, 0x81, 2, 0xC1, 0x91], Err(Fault::Refused(2)), 0),
        (&glued, Ok(first_on()), 6),
    ];
    for (bytes, result, noise) in cases {
        let exchanged = against(&wire, &mut far, Framing::Rtu, READ, async |far, _| {
            far.write_all(bytes).await.unwrap();
        });
        let exchanged = exchanged.await;
        assert_eq!((exchanged.result, exchanged.noise), (result, noise), "{bytes:02X?}");
    }
    // Written is only what is repeated to the bit.
    let wrong = against(&wire, &mut far, Framing::Rtu, ON, async |far, _| {
        far.write_all(&codec::frame(Framing::Rtu, 1, &Request::WriteCoil { address: 1, value: 0xFF00 }))
            .await
            .unwrap();
    });
    assert_eq!(wrong.await.result, Err(Fault::Foreign));
}

#[tokio::test]
async fn a_stream_that_ends_or_never_stops_is_given_up() {
    let (wire, far) = pair();
    drop(far);
    assert!(exchange(&wire, Framing::Rtu, &ask(READ)).await.is_err());
    let (wire, mut far) = pair();
    far.write_all(&[0; 4096]).await.unwrap();
    assert!(exchange(&wire, Framing::Rtu, &ask(READ)).await.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_make_it_panic_or_are_taken_for_what_was_not_said(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        head in prop::option::of((1_u8..3, prop::sample::select(vec![1_u8, 2, 5, 6, 0x0B, 0x11, 0x16, 0x17, 0x18, 0x2B, 0x81, 0x85]))),
        tcp: bool,
        which in 0_usize..3,
    ) {
        let framing = if tcp { Framing::Tcp } else { Framing::Rtu };
        let request = [READ, ON, PULSE][which];
        let mut frame = head.map_or(Vec::new(), |(address, function)| vec![address, function]);
        frame.extend(&bytes);
        let sent = codec::frame(framing, 1, &request);
        let body = match framing {
            Framing::Rtu => {
                let check = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS).checksum(&frame);
                [&frame[..], &check.to_le_bytes()].concat()
            }
            Framing::Tcp => {
                let len = (frame.len() as u16).to_be_bytes();
                [&[0, 0, 0, 0], &len[..], &frame].concat()
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(async {
            let (wire, mut far) = pair();
            far.read_exact(&mut []).await.unwrap();
            against(&wire, &mut far, framing, request, async |far, _| {
                let _ = far.write_all(&body).await;
            })
            .await
            .result
        });
        if request != READ && body != sent {
            prop_assert!(result != Ok(Answer::Written) || framing == Framing::Tcp && body[6..] == sent[6..]);
        }
    }
}
