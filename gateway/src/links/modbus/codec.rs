//! Function 5 with values of the makers' own, and why what was received is no answer.
//!
//! A timed pulse is function 5 with a time where the standard knows 0xFF00 and 0x0000 alone. The library sends that, and takes
//! the board's echo of it for damage. So those two frames are made and read here, and everything else is the library's.

use crc::{CRC_16_MODBUS, Crc};

use super::request::{Fault, Request};

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);

/// A request's address, function and two numbers.
const PDU_LEN: usize = 6;

/// Bytes of an exception: address, function, code.
const EXCEPTION_LEN: usize = 3;

/// Bytes before the address in Modbus TCP: transaction, protocol, length.
const TCP_HEADER_LEN: usize = 6;

/// The one transaction of a connection's frames made here: there is never a second one under way.
const TRANSACTION: [u8; 2] = [0x47, 0x48];

/// How frames are framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    /// With a check behind.
    Rtu,
    /// With a header before.
    Tcp,
}

/// Whether only this file can say it.
pub(super) const fn is_own(request: &Request) -> bool {
    matches!(request, Request::WriteCoil { value, .. } if !matches!(value, 0xFF00 | 0))
}

/// The whole frame of a request.
pub(super) fn frame(framing: Framing, address: u8, request: &Request) -> Vec<u8> {
    let (one, two) = request.numbers();
    let mut body = vec![address, request.function()];
    body.extend(one.to_be_bytes());
    body.extend(two.to_be_bytes());
    framed(framing, &body)
}

fn framed(framing: Framing, body: &[u8]) -> Vec<u8> {
    match framing {
        Framing::Rtu => [body, &CRC.checksum(body).to_le_bytes()].concat(),
        Framing::Tcp => {
            let len = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
            [&TRANSACTION, &[0, 0], &len[..], body].concat()
        }
    }
}

/// What the board says to a written value; `None`: not all of it is there yet. A board that has done it repeats the request.
pub(super) fn echo(
    framing: Framing,
    address: u8,
    request: &Request,
    received: &[u8],
) -> Option<Result<(), Fault>> {
    let sent = frame(framing, address, request);
    let function = request.function() | 0x80;
    let body_at = if framing == Framing::Tcp { TCP_HEADER_LEN } else { 0 };
    if received.get(body_at + 1) == Some(&function) {
        let exception = received.get(body_at..body_at + EXCEPTION_LEN)?;
        let whole = framed(framing, exception);
        let received = received.get(..whole.len())?;
        let is_its_own = received == whole && exception[0] == address;
        return Some(Err(if is_its_own { Fault::Refused(exception[2]) } else { judge(framing, received) }));
    }
    let received = received.get(..sent.len())?;
    Some(if received == sent { Ok(()) } else { Err(judge(framing, received)) })
}

/// What it means that this was received and is no answer.
pub(super) fn judge(framing: Framing, received: &[u8]) -> Fault {
    match framing {
        _ if received.is_empty() => Fault::Timeout,
        Framing::Rtu if !is_whole(received) => Fault::Damaged,
        Framing::Rtu | Framing::Tcp => Fault::Foreign,
    }
}

/// Whether a frame with a right check begins it.
fn is_whole(received: &[u8]) -> bool {
    (4..=received.len()).any(|len| {
        let (body, check) = received[..len].split_at(len - 2);
        CRC.checksum(body).to_le_bytes() == check
    })
}

/// How long the answer is, that came to a request.
pub(super) fn answer_len(framing: Framing, request: &Request, is_refusal: bool) -> usize {
    let around = if framing == Framing::Tcp { TCP_HEADER_LEN } else { 2 };
    around
        + match request {
            _ if is_refusal => EXCEPTION_LEN,
            Request::Read { table, count, .. } if table.has_bits() => 3 + usize::from(count.div_ceil(8)),
            Request::Read { count, .. } => 3 + 2 * usize::from(*count),
            Request::WriteCoil { .. } | Request::WriteRegister { .. } => PDU_LEN,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::request::Table;
    use super::*;

    fn write(address: u16, value: u16) -> Request {
        Request::WriteCoil { address, value }
    }

    #[test]
    fn frames_are_those_that_the_maker_publishes() {
        let published: [(Request, [u8; 8]); 5] = [
            (write(0, 0xFF00), [1, 5, 0, 0, 0xFF, 0, 0x8C, 0x3A]),
            (write(0, 0), [1, 5, 0, 0, 0, 0, 0xCD, 0xCA]),
            (write(0, 0x5500), [1, 5, 0, 0, 0x55, 0, 0xF2, 0x9A]),
            (write(0xFF, 0xFF00), [1, 5, 0, 0xFF, 0xFF, 0, 0xBC, 0x0A]),
            (Request::Read { table: Table::Coils, first: 0, count: 8 }, [1, 1, 0, 0, 0, 8, 0x3D, 0xCC]),
        ];
        for (request, bytes) in published {
            assert_eq!(frame(Framing::Rtu, 1, &request), bytes);
        }
        assert_eq!(frame(Framing::Tcp, 1, &write(0x200, 50)), [0x47, 0x48, 0, 0, 0, 6, 1, 5, 2, 0, 0, 50]);
    }

    #[test]
    fn a_board_repeats_what_it_does_and_says_what_it_does_not() {
        let pulse = write(0x200, 50);
        let sent = frame(Framing::Rtu, 1, &pulse);
        assert!(is_own(&pulse) && !is_own(&write(0, 0xFF00)) && !is_own(&write(0, 0)));
        assert_eq!(echo(Framing::Rtu, 1, &pulse, &sent), Some(Ok(())));
        assert_eq!(echo(Framing::Rtu, 1, &pulse, &sent[..7]), None);
        // The refusals of a strict one, as they were seen.
        let refused =
            |code, check: [u8; 2]| echo(Framing::Rtu, 1, &pulse, &[1, 0x85, code, check[0], check[1]]);
        assert_eq!(refused(3, [0x02, 0x91]), Some(Err(Fault::Refused(3))));
        assert_eq!(refused(2, [0xC3, 0x51]), Some(Err(Fault::Refused(2))));
        assert_eq!(refused(2, [0xC3, 0x50]), Some(Err(Fault::Damaged)));
        let other = frame(Framing::Rtu, 2, &pulse);
        assert_eq!(echo(Framing::Rtu, 1, &pulse, &other), Some(Err(Fault::Foreign)));
        let longer = frame(Framing::Rtu, 1, &write(0x200, 51));
        assert_eq!(echo(Framing::Rtu, 1, &pulse, &longer), Some(Err(Fault::Foreign)));
        let tcp = frame(Framing::Tcp, 1, &pulse);
        assert_eq!(echo(Framing::Tcp, 1, &pulse, &tcp), Some(Ok(())));
    }

    proptest! {
        #[test]
        fn noise_is_never_taken_for_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let pulse = write(0x203, 50);
            for framing in [Framing::Rtu, Framing::Tcp] {
                prop_assert_ne!(echo(framing, 1, &pulse, &bytes), Some(Ok(())));
                let _ = judge(framing, &bytes);
            }
        }
    }
}
