//! One request and its answer: by the library where the standard can say it, else by `codec`.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_modbus::client::{Client, Context};
use tokio_modbus::prelude::{rtu, tcp};
use tokio_modbus::{ProtocolError, Request as Asked, Response, Slave};

use super::codec::{self, Framing};
use super::limits::MAX_REPLY_LEN;
use super::machine::Ask;
use super::request::{Answer, Fault, Request, Table};
use super::wire::Wire;

/// What came of one.
#[derive(Debug)]
pub(super) struct Exchanged {
    pub(super) result: Result<Answer, Fault>,
    /// Bytes that came and belong to no answer.
    pub(super) noise: usize,
}

/// Asks a board. A context of the library lives for one request, so that nothing of a late reply stays in it.
///
/// # Errors
/// When the port or the connection has gone.
pub(super) async fn exchange(wire: &Wire, framing: Framing, ask: &Ask) -> io::Result<Exchanged> {
    let is_reading = framing == Framing::Rtu && matches!(ask.request, Request::Read { .. });
    let unasked = wire.begin(is_reading).await?;
    let answer = async {
        match codec::is_own(&ask.request) {
            true => own(wire.clone(), framing, ask).await,
            false => by_library(wire.clone(), framing, ask).await,
        }
    };
    let result = match timeout(ask.timeout, answer).await {
        Ok(answer) => answer?,
        Err(_) => Err(codec::judge(framing, &wire.received())),
    };
    let expected = match result {
        Ok(_) => codec::answer_len(framing, &ask.request, false),
        Err(Fault::Refused(_)) => codec::answer_len(framing, &ask.request, true),
        Err(_) => wire.received().len(),
    };
    Ok(Exchanged { result, noise: unasked + wire.received().len().saturating_sub(expected) })
}

async fn own(mut wire: Wire, framing: Framing, ask: &Ask) -> io::Result<Result<Answer, Fault>> {
    wire.write_all(&codec::frame(framing, ask.address, &ask.request)).await?;
    wire.flush().await?;
    let (mut received, mut buffer) = (Vec::new(), [0; MAX_REPLY_LEN]);
    loop {
        let len = wire.read(&mut buffer).await?;
        received.extend_from_slice(&buffer[..len]);
        if let Some(echo) = codec::echo(framing, ask.address, &ask.request, &received) {
            return Ok(echo.map(|()| Answer::Written));
        }
    }
}

async fn by_library(wire: Wire, framing: Framing, ask: &Ask) -> io::Result<Result<Answer, Fault>> {
    let board = Slave(ask.address);
    let mut context: Context = match framing {
        Framing::Rtu => rtu::attach_slave(wire.clone(), board),
        Framing::Tcp => tcp::attach_slave(wire.clone(), board),
    };
    match context.call(asked(&ask.request)).await {
        Ok(Ok(response)) => Ok(understood(&ask.request, response)),
        Ok(Err(exception)) => Ok(Err(Fault::Refused(exception.into()))),
        Err(tokio_modbus::Error::Protocol(
            ProtocolError::HeaderMismatch { .. } | ProtocolError::FunctionCodeMismatch { .. },
        )) => Ok(Err(Fault::Foreign)),
        // What can't be read is an error of the library's just as a port is that has gone.
        Err(tokio_modbus::Error::Transport(error)) if wire.has_gone() => Err(error),
        Err(tokio_modbus::Error::Transport(_)) => Ok(Err(codec::judge(framing, &wire.received()))),
    }
}

const fn asked(request: &Request) -> Asked<'static> {
    match *request {
        Request::Read { table: Table::Coils, first, count } => Asked::ReadCoils(first, count),
        Request::Read { table: Table::DiscreteInputs, first, count } => {
            Asked::ReadDiscreteInputs(first, count)
        }
        Request::Read { table: Table::HoldingRegisters, first, count } => {
            Asked::ReadHoldingRegisters(first, count)
        }
        Request::Read { table: Table::InputRegisters, first, count } => {
            Asked::ReadInputRegisters(first, count)
        }
        Request::WriteCoil { address, value } => Asked::WriteSingleCoil(address, value == 0xFF00),
        Request::WriteRegister { address, value } => Asked::WriteSingleRegister(address, value),
    }
}

/// The library compares the function alone: how much was asked for, and what was written, is compared here.
fn understood(request: &Request, response: Response) -> Result<Answer, Fault> {
    match (*request, response) {
        (Request::Read { table: Table::Coils, count, .. }, Response::ReadCoils(bits))
        | (Request::Read { table: Table::DiscreteInputs, count, .. }, Response::ReadDiscreteInputs(bits))
            if bits.len() == usize::from(count).next_multiple_of(8) =>
        {
            Ok(Answer::Bits(bits))
        }
        (
            Request::Read { table: Table::HoldingRegisters, count, .. },
            Response::ReadHoldingRegisters(words),
        )
        | (Request::Read { table: Table::InputRegisters, count, .. }, Response::ReadInputRegisters(words))
            if words.len() == usize::from(count) =>
        {
            Ok(Answer::Registers(words))
        }
        (Request::WriteCoil { address, value }, Response::WriteSingleCoil(of, on))
            if of == address && on == (value == 0xFF00) =>
        {
            Ok(Answer::Written)
        }
        (Request::WriteRegister { address, value }, Response::WriteSingleRegister(of, word))
            if of == address && word == value =>
        {
            Ok(Answer::Written)
        }
        _ => Err(Fault::Foreign),
    }
}
