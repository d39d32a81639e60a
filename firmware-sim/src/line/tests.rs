use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::time::Instant;

use super::*;
use crate::line::burst::span;

/// Answers the byte `address` with `length` copies of it.
struct Echo {
    address: u8,
    length: usize,
}

impl Station for Echo {
    fn hear(&mut self, _: Duration, bytes: &[u8], reply: &mut Vec<u8>) {
        if bytes.contains(&self.address) {
            reply.extend(std::iter::repeat_n(self.address, self.length));
        }
    }
}

fn setup(id: &str, baud: u32, turn_around: Duration, symlink: Option<PathBuf>) -> LineSetup {
    LineSetup { id: id.into(), baud, turn_around, symlink, listen: None, connected: false }
}

fn port(line: &Line<Echo>) -> &PathBuf {
    match line.reach() {
        Reach::Port(path) => path,
        Reach::Address(address) => panic!("{address} is no port"),
    }
}

fn line(baud: u32, stations: Vec<Echo>) -> Line<Echo> {
    let setup = setup("test", baud, Duration::from_millis(1), None);
    Line::start(&setup, stations).unwrap()
}

#[test]
fn a_reply_never_reaches_the_gateway_before_its_time_on_the_wire() {
    let line = line(9_600, vec![Echo { address: 1, length: 30 }, Echo { address: 2, length: 60 }]);
    let mut port = OpenOptions::new().read(true).write(true).open(port(&line)).unwrap();
    for (address, length) in [(1, 30), (2, 60), (1, 30)] {
        let began = Instant::now();
        port.write_all(&[0, 0, 0, address]).unwrap();
        let mut reply = vec![0; length];
        port.read_exact(&mut reply).unwrap();
        let took = began.elapsed();
        let least = span(9_600, 4) + Duration::from_millis(1) + span(9_600, 2) + span(9_600, length);
        assert_eq!(reply, vec![address; length]);
        assert!(took >= least, "{took:?} is faster than the line's own {least:?}");
    }
    let lateness = line.ask(|bus, _| bus.lateness()).unwrap();
    assert_eq!(lateness.releases, 3);
}

#[test]
fn a_gateway_may_leave_and_come_back() {
    let line = line(115_200, vec![Echo { address: 1, length: 2 }]);
    for _ in 0..3 {
        let mut port = OpenOptions::new().read(true).write(true).open(port(&line)).unwrap();
        port.write_all(&[1]).unwrap();
        let mut reply = [0; 2];
        port.read_exact(&mut reply).unwrap();
        assert_eq!(reply, [1, 1]);
    }
    assert_eq!(line.ask(|bus, _| bus.counters().panel_frames), Some(3));
}

#[test]
fn what_one_gateway_did_not_read_is_not_there_for_the_next() {
    let line = line(115_200, vec![Echo { address: 1, length: 5 }, Echo { address: 2, length: 1 }]);
    let open = || OpenOptions::new().read(true).write(true).open(port(&line)).unwrap();
    let mut hasty = open();
    hasty.write_all(&[1]).unwrap();
    while line.ask(|bus, _| bus.lateness().releases) != Some(1) {
        std::thread::yield_now();
    }
    drop(hasty);
    while line.ask(|bus, _| bus.is_plugged()) != Some(false) {
        std::thread::yield_now();
    }
    let mut next = open();
    next.write_all(&[2]).unwrap();
    let mut reply = [0; 1];
    next.read_exact(&mut reply).unwrap();
    assert_eq!(reply, [2]);
}

#[test]
fn a_line_stops_when_dropped_even_if_nobody_ever_opened_it() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("line");
    let setup = setup("x", 9_600, Duration::ZERO, Some(link.clone()));
    let line = Line::<Echo>::start(&setup, Vec::new()).unwrap();
    assert_eq!(std::fs::read_link(&link).unwrap(), *port(&line));
    drop(line);
    assert!(std::fs::symlink_metadata(&link).is_err());
}

#[test]
fn a_line_in_the_network_carries_the_same_and_a_newer_peer_takes_it_over() {
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let setup = LineSetup { listen, ..setup("net", 115_200, Duration::ZERO, None) };
    let line = Line::start(&setup, vec![Echo { address: 1, length: 5 }]).unwrap();
    let Reach::Address(address) = *line.reach() else { panic!("it has an address") };
    for _ in 0..3 {
        let mut peer = std::net::TcpStream::connect(address).unwrap();
        peer.write_all(&[1]).unwrap();
        let mut reply = [0; 5];
        peer.read_exact(&mut reply).unwrap();
        assert_eq!(reply, [1; 5]);
    }
    let mut older = std::net::TcpStream::connect(address).unwrap();
    let mut newer = std::net::TcpStream::connect(address).unwrap();
    newer.write_all(&[1]).unwrap();
    newer.read_exact(&mut [0; 5]).unwrap();
    assert_eq!(older.read(&mut [0; 5]).unwrap(), 0, "the older one is let go");
}

#[test]
fn a_station_that_speaks_unasked_is_heard_in_its_order_and_time() {
    let line = line(9_600, vec![Echo { address: 1, length: 2 }]);
    let mut gateway = OpenOptions::new().read(true).write(true).open(port(&line)).unwrap();
    let began = Instant::now();
    line.ask(|bus, now| {
        bus.say(now, 0, vec![7; 10]);
        bus.say(now, 0, vec![8; 10]);
    });
    let mut heard = [0; 20];
    gateway.read_exact(&mut heard).unwrap();
    assert_eq!(heard[..], [[7; 10], [8; 10]].concat());
    assert!(began.elapsed() >= span(9_600, 20));
}
