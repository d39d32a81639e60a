//! Requests and answers of Modbus, and what stands around them on a pair and in the network.

/// The exceptions that boards answer with (Modbus Application Protocol 1.1b3, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    Function = 1,
    Address = 2,
    Value = 3,
}

/// Where a request came from, so that the answer goes there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Envelope {
    Rtu,
    Tcp { transaction: [u8; 2] },
}

/// One request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) unit: u8,
    /// The function and its data.
    pub(super) pdu: Vec<u8>,
    pub(super) envelope: Envelope,
}

impl Request {
    /// The whole frame of an answer.
    pub(super) fn answered(&self, answer: &[u8]) -> Vec<u8> {
        let mut body = vec![self.unit];
        body.extend_from_slice(answer);
        match self.envelope {
            Envelope::Rtu => [&body[..], &check(&body)].concat(),
            Envelope::Tcp { transaction } => {
                let len = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
                [&transaction[..], &[0, 0], &len, &body].concat()
            }
        }
    }
}

/// The check behind a frame on a pair (Modbus over serial line, 6.2.2).
pub(super) fn check(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
        }
    }
    crc.to_le_bytes()
}
