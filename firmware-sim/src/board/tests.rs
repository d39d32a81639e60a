use super::modbus::check;
use super::*;

/// No answer.
const NOTHING: [u8; 0] = [];

const SECOND: Duration = Duration::from_secs(1);

/// A board at 9600 baud, and the time on its line.
struct Bench {
    board: SimBoard,
    now: Duration,
}

impl Bench {
    fn of(model: Model) -> Self {
        Self::with(&BoardConfig::new("board", "line", 1, model))
    }

    fn with(config: &BoardConfig) -> Self {
        Self { board: SimBoard::new(config, LineProtocol::Modbus, 9_600), now: SECOND }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Sends a request's body with its check, and gives the answer's body; empty if there is none.
    fn ask(&mut self, body: &[u8]) -> Vec<u8> {
        let frame = [body, &check(body)].concat();
        self.now += Duration::from_millis(50);
        let reply = self.hear(&frame);
        let Some((body, sum)) = reply.split_last_chunk::<2>() else { return Vec::new() };
        assert_eq!(check(body), *sum);
        body.to_vec()
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut reply = Vec::new();
        self.board.hear(self.now, bytes, &mut reply);
        reply
    }

    fn outputs(&mut self) -> Vec<usize> {
        let shown = self.board.status(self.now).outputs;
        shown.iter().enumerate().filter(|(_, on)| **on).map(|(at, _)| at).collect()
    }
}

#[test]
fn frames_that_the_maker_publishes_do_what_he_says() {
    let mut bench = Bench::of(Model::WaveshareRelay8);
    let published: [(&[u8], &[usize]); 5] = [
        (&[1, 5, 0, 0, 0xFF, 0, 0x8C, 0x3A], &[0]),
        (&[1, 5, 0, 0, 0x55, 0, 0xF2, 0x9A], &[]),
        (&[1, 5, 0, 0, 0x55, 0, 0xF2, 0x9A], &[0]),
        (&[1, 5, 0, 0xFF, 0xFF, 0, 0xBC, 0x0A], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (&[1, 5, 0, 0, 0, 0, 0xCD, 0xCA], &[1, 2, 3, 4, 5, 6, 7]),
    ];
    for (frame, on) in published {
        bench.pass(SECOND);
        assert_eq!(bench.hear(frame), frame, "it repeats what it does");
        assert_eq!(bench.outputs(), on);
    }
    bench.pass(SECOND);
    assert_eq!(bench.hear(&[1, 1, 0, 0, 0, 8, 0x3D, 0xCC])[..4], [1, 1, 1, 0xFE]);
}

#[test]
fn a_pulse_ends_by_the_boards_own_timer() {
    let mut bench = Bench::of(Model::WaveshareRelay8Inputs);
    assert_eq!(bench.ask(&[1, 5, 2, 3, 0, 50]), [1, 5, 2, 3, 0, 50]);
    bench.pass(Duration::from_millis(4_999));
    assert_eq!(bench.outputs(), [3]);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.outputs(), [] as [usize; 0]);
    assert_eq!(bench.ask(&[1, 5, 2, 3, 0, 0]), [1, 0x85, 3], "no time is none");
    assert_eq!(bench.ask(&[1, 5, 2, 8, 0, 50]), [1, 0x85, 2], "it has eight");
    let mut other = Bench::of(Model::R421a08);
    assert_eq!(other.ask(&[1, 6, 0, 4, 6, 5]), [1, 6, 0, 4, 6, 5]);
    assert_eq!(other.outputs(), [3]);
    assert_eq!(other.ask(&[1, 3, 0, 1, 0, 8])[..10], [1, 3, 16, 0, 0, 0, 0, 0, 0, 0]);
    other.pass(SECOND * 5);
    assert_eq!(other.outputs(), [] as [usize; 0]);
}

#[test]
fn what_a_model_does_not_do_it_refuses() {
    let mut standard = Bench::of(Model::Standard8);
    assert_eq!(standard.ask(&[1, 5, 2, 0, 0, 50]), [1, 0x85, 2]);
    assert_eq!(standard.ask(&[1, 5, 0, 0, 0x55, 0]), [1, 0x85, 3]);
    assert_eq!(standard.ask(&[1, 3, 0, 0, 0, 1]), [1, 0x83, 1]);
    assert_eq!(standard.ask(&[1, 1, 0, 4, 0, 8]), [1, 0x81, 2]);
    assert_eq!(standard.ask(&[1, 1, 0, 0, 0, 0]), [1, 0x81, 3]);
    assert_eq!(standard.ask(&[1, 43, 14, 1, 0]), [1, 0xAB, 1]);
    assert_eq!(standard.ask(&[1, 15, 0, 0, 0, 8, 1, 0b0000_0101]), [1, 15, 0, 0, 0, 8]);
    assert_eq!(standard.outputs(), [0, 2]);
    assert_eq!(Bench::of(Model::WaveshareRelay8).ask(&[1, 2, 0, 0, 0, 8]), [1, 0x82, 1]);
    assert_eq!(standard.outputs(), [0, 2], "a refusal changes nothing");
}

#[test]
fn others_requests_answers_and_damage_are_not_answered() {
    let mut bench = Bench::of(Model::Standard8);
    assert_eq!(bench.ask(&[2, 5, 0, 0, 0xFF, 0]), NOTHING);
    assert_eq!(bench.ask(&[0, 5, 0, 1, 0xFF, 0]), NOTHING, "a broadcast");
    assert_eq!(bench.outputs(), [1], "and is done all the same");
    bench.pass(SECOND);
    assert_eq!(bench.hear(&[1, 5, 0, 0, 0xFF, 0, 0x8C, 0x3B]), NOTHING);
    bench.pass(SECOND);
    assert_eq!(bench.hear(&[2, 1, 1, 0xFF]), NOTHING, "another board's answer, not yet whole");
    assert_eq!(bench.ask(&[1, 5, 0, 2, 0xFF, 0]).len(), 6, "silence parts them");
    bench.pass(SECOND);
    assert_eq!(bench.hear(&[1, 5, 0, 0]), NOTHING);
    bench.pass(Duration::from_millis(100));
    assert_eq!(bench.hear(&[0xFF, 0, 0x8C, 0x3A]), NOTHING, "halves that silence parts are no request");
    assert_eq!(bench.outputs(), [1, 2]);
}

#[test]
fn a_restart_forgets_what_its_relays_showed_and_a_watchdog_lets_them_go() {
    let config =
        BoardConfig { watchdog: Some(SECOND * 10), ..BoardConfig::new("board", "line", 1, Model::Standard8) };
    let mut bench = Bench::with(&config);
    bench.ask(&[1, 5, 0, 0, 0xFF, 0]);
    bench.board.set(&[(4, true)]);
    bench.board.set_power(Power::Off);
    assert_eq!(bench.ask(&[1, 1, 0, 0, 0, 8]), NOTHING);
    bench.board.set_power(Power::On);
    assert_eq!(bench.outputs(), [] as [usize; 0]);
    let status = bench.board.status(bench.now);
    assert_eq!((status.boots, status.inputs[4]), (1, true), "what is wired to it stays");
    bench.ask(&[1, 5, 0, 0, 0xFF, 0]);
    bench.pass(SECOND * 9);
    bench.ask(&[1, 1, 0, 0, 0, 8]);
    bench.pass(SECOND * 9);
    assert_eq!(bench.outputs(), [0]);
    bench.pass(SECOND);
    assert_eq!(bench.outputs(), [] as [usize; 0]);
}

#[test]
fn a_contact_follows_the_lock() {
    let contacts = vec![crate::config::Follow { input: 2, output: 1 }];
    let config =
        BoardConfig { contacts, ..BoardConfig::new("board", "line", 1, Model::WaveshareRelay8Inputs) };
    let mut bench = Bench::with(&config);
    bench.ask(&[1, 5, 2, 1, 0, 50]);
    assert_eq!(bench.ask(&[1, 2, 0, 0, 0, 8]), [1, 2, 1, 0]);
    bench.pass(Duration::from_millis(500));
    assert_eq!(bench.ask(&[1, 2, 0, 0, 0, 8]), [1, 2, 1, 0b100]);
    bench.pass(SECOND * 2);
    assert_eq!(bench.ask(&[1, 2, 0, 0, 0, 8]), [1, 2, 1, 0]);
}

#[test]
fn in_the_network_requests_come_glued_and_in_pieces() {
    let config = BoardConfig::new("board", "net", 7, Model::Standard8);
    let mut board = SimBoard::new(&config, LineProtocol::ModbusTcp, crate::limits::NETWORK_RATE);
    let mut hear = |bytes: &[u8]| {
        let mut reply = Vec::new();
        board.hear(SECOND, bytes, &mut reply);
        reply
    };
    let on = [0, 9, 0, 0, 0, 6, 7, 5, 0, 0, 0xFF, 0];
    let read = [0, 10, 0, 0, 0, 6, 7, 1, 0, 0, 0, 8];
    let two = [&on[..], &read].concat();
    assert_eq!(hear(&two[..14]), on);
    assert_eq!(hear(&two[14..]), [0, 10, 0, 0, 0, 4, 7, 1, 1, 1]);
    assert_eq!(hear(&[0, 9, 0, 0, 0xFF, 0xFF, 7, 5]), NOTHING, "nonsense is thrown away");
    assert_eq!(hear(&read), [0, 10, 0, 0, 0, 4, 7, 1, 1, 1]);
    assert_eq!(hear(&[0, 1, 0, 0, 0, 6, 8, 1, 0, 0, 0, 8]), NOTHING, "another unit's");
}
