use super::*;
use crate::limits::RELEASE_SLICE;

/// Says `answer` whenever it hears `trigger`, and remembers all that it heard.
#[derive(Default)]
struct Parrot {
    trigger: u8,
    answer: Vec<u8>,
    heard: Vec<(Duration, Vec<u8>)>,
}

impl Parrot {
    fn new(trigger: u8, answer: &[u8]) -> Self {
        Self { trigger, answer: answer.to_vec(), heard: Vec::new() }
    }

    fn bytes(&self) -> Vec<u8> {
        self.heard.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }
}

impl Station for Parrot {
    fn hear(&mut self, at: Duration, bytes: &[u8], reply: &mut Vec<u8>) {
        assert!(self.heard.last().is_none_or(|(before, _)| *before <= at), "time went back");
        self.heard.push((at, bytes.to_vec()));
        if bytes.contains(&self.trigger) {
            reply.extend_from_slice(&self.answer);
        }
    }
}

const MS: Duration = Duration::from_millis(1);

/// Runs the wire from deadline to deadline and gives what reached the gateway, with times.
fn run<S: Station>(wire: &mut Wire, stations: &mut [S]) -> Vec<(Duration, Vec<u8>, bool)> {
    let mut arrivals = Vec::new();
    while let Some((deadline, _)) = wire.deadline() {
        wire.advance(deadline, stations, |arrival| {
            assert!(arrival.due <= deadline, "released before its time");
            arrivals.push((arrival.due, arrival.bytes.to_vec(), arrival.last));
        });
    }
    arrivals
}

fn wire(baud: u32) -> Wire {
    Wire::new(baud, MS, Faults::default())
}

fn joined(arrivals: &[(Duration, Vec<u8>, bool)]) -> Vec<u8> {
    arrivals.iter().flat_map(|(_, bytes, _)| bytes.clone()).collect()
}

#[test]
fn a_reply_ends_exactly_when_its_last_byte_has_passed() {
    for baud in [9_600, 38_400, 115_200, 230_400] {
        let (mut wire, mut stations) = (wire(baud), [Parrot::new(1, &[9; 40]), Parrot::new(2, &[7; 3])]);
        wire.transmit(5 * MS, baud, &[0, 0, 1]);
        let arrivals = run(&mut wire, &mut stations);
        let exact = 5 * MS + span(baud, 3) + MS + span(baud, 2) + span(baud, 40);
        let (end, _, last) = arrivals.last().unwrap();
        assert!(
            end.abs_diff(exact) < Duration::from_nanos(10) && *last,
            "{end:?} instead of {exact:?} at {baud}"
        );
        assert_eq!(joined(&arrivals), [9; 40]);
        assert!(arrivals.windows(2).all(|pair| pair[1].0 - pair[0].0 <= RELEASE_SLICE), "slices of 2 ms");
    }
}

#[test]
fn panels_hear_no_byte_before_it_has_passed() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9])]);
    wire.transmit(Duration::ZERO, 9_600, &[0; 40]);
    while let Some((deadline, _)) = wire.deadline() {
        wire.advance(deadline - Duration::from_nanos(1), &mut stations, |_| panic!("nobody spoke"));
        let early = stations[0].bytes().len();
        wire.advance(deadline, &mut stations, |_| panic!("nobody spoke"));
        let heard = stations[0].bytes().len();
        assert!(early < heard && span(9_600, heard) <= deadline, "{heard} bytes at {deadline:?}");
    }
    assert_eq!(stations[0].bytes(), [0; 40]);
    assert_eq!(stations[0].heard[0].0, span(9_600, 3), "each slice has its own time");
}

#[test]
fn a_command_that_grows_while_it_passes_stays_one_frame() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9])]);
    wire.transmit(Duration::ZERO, 9_600, &[0; 40]);
    wire.advance(20 * MS, &mut stations, |_| panic!("nobody spoke"));
    wire.transmit(20 * MS, 9_600, &[0; 40]);
    run(&mut wire, &mut stations);
    assert_eq!(stations[0].heard.last().map(|(at, _)| *at), Some(span(9_600, 80)));
    assert_eq!((stations[0].bytes().len(), wire.counters().gateway_frames), (80, 1));
}

#[test]
fn written_in_pieces_or_at_once_bytes_take_the_same_time() {
    let (mut whole, mut pieces) = (wire(9_600), wire(9_600));
    whole.transmit(MS, 9_600, &[5; 30]);
    pieces.transmit(MS, 9_600, &[5; 10]);
    pieces.transmit(2 * MS, 9_600, &[5; 20]);
    assert_eq!(whole.deadline(), pieces.deadline());
    assert_eq!((whole.counters().gateway_frames, pieces.counters().gateway_frames), (1, 1));
}

#[test]
fn two_stations_that_answer_at_once_are_not_understood() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9; 8]), Parrot::new(1, &[6; 4])]);
    wire.transmit(MS, 9_600, &[1]);
    let arrivals = run(&mut wire, &mut stations);
    assert_eq!(wire.counters().collisions, 1);
    let nines = joined(&arrivals).iter().filter(|byte| **byte == 9).count();
    assert!(nines >= 4, "the tail that nobody disturbed arrives whole");
    let clean =
        [[9; 4].as_slice(), &[9; 8], &[6; 4]].iter().any(|clean| joined(&arrivals)[..4] == clean[..4]);
    assert!(!clean, "{arrivals:?}");
}

#[test]
fn a_gateway_that_talks_over_a_reply_spoils_both() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9; 20]), Parrot::new(2, &[])]);
    wire.transmit(Duration::ZERO, 9_600, &[1]);
    wire.advance(span(9_600, 1), &mut stations, |_| {});
    wire.transmit(span(9_600, 10), 9_600, &[3; 4]);
    let arrivals = run(&mut wire, &mut stations);
    assert_eq!(wire.counters().collisions, 1);
    let wrong = joined(&arrivals).iter().filter(|byte| **byte != 9).count();
    assert!((4..=6).contains(&wrong), "{wrong} bytes were talked over");
    let heard = stations[1].bytes();
    assert!(!heard.windows(4).any(|window| window == [3; 4]), "{heard:?}");
}

#[test]
fn a_station_hears_the_others_but_not_itself() {
    let (mut wire, mut stations) = (wire(38_400), [Parrot::new(1, &[9, 8]), Parrot::new(2, &[])]);
    wire.transmit(MS, 38_400, &[1]);
    run(&mut wire, &mut stations);
    assert_eq!((stations[0].bytes(), stations[1].bytes()), (vec![1], vec![1, 9, 8]));
}

fn noisy(seed: u64, pieces: usize) -> (Vec<u8>, Vec<u8>) {
    let faults = Faults { bit_error_rate: 0.02, drop_rate: 0.2, damage_rate: 0.2, seed, ..Faults::default() };
    let mut wire = Wire::new(38_400, Duration::ZERO, faults);
    let mut stations = [Parrot::new(1, &[0x50; 30]), Parrot::new(2, &[0x60; 10])];
    let mut arrived = Vec::new();
    for round in 0..50u64 {
        let start = Duration::from_millis(100 * round);
        for piece in [1, 2, 0, 0, 0, 0, 0, 0].chunks(pieces) {
            wire.transmit(start, 38_400, piece);
        }
        arrived.extend(joined(&run(&mut wire, &mut stations)));
    }
    (arrived, stations[0].bytes())
}

#[test]
fn a_seed_repeats_its_faults_however_reads_were_split() {
    assert_eq!(noisy(42, 8), noisy(42, 3));
    assert_ne!(noisy(42, 8), noisy(43, 8));
}

#[test]
fn a_lost_frame_is_heard_by_nobody_and_still_takes_its_time() {
    let faults = Faults { drop_rate: 1.0, ..Faults::default() };
    let (mut wire, mut stations) = (Wire::new(9_600, MS, faults), [Parrot::new(1, &[9])]);
    wire.transmit(Duration::ZERO, 9_600, &[1; 12]);
    assert!(run(&mut wire, &mut stations).is_empty() && stations[0].heard.is_empty());
    assert_eq!((wire.counters().frames_lost, wire.counters().busy_us), (1, 12_500));
}

#[test]
fn a_damaged_frame_has_exactly_one_wrong_bit() {
    let faults = Faults { damage_rate: 1.0, seed: 5, ..Faults::default() };
    let (mut wire, mut stations) = (Wire::new(9_600, MS, faults), [Parrot::new(1, &[])]);
    wire.transmit(Duration::ZERO, 9_600, &[0; 100]);
    run(&mut wire, &mut stations);
    let wrong: u32 = stations[0].bytes().iter().map(|byte| byte.count_ones()).sum();
    assert_eq!((wrong, wire.counters().bits_inverted), (1, 1));
}

#[test]
fn a_cut_wire_carries_nothing_to_or_from_the_gateway() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9; 4])]);
    wire.transmit(Duration::ZERO, 9_600, &[1]);
    wire.advance(span(9_600, 1), &mut stations, |_| {});
    wire.set_faults(Faults { cut: true, ..Faults::default() });
    assert!(run(&mut wire, &mut stations).is_empty(), "the reply was on its way");
    wire.transmit(50 * MS, 9_600, &[1]);
    run(&mut wire, &mut stations);
    assert_eq!(stations[0].bytes(), [1], "only what came before the cut");
}

#[test]
fn a_delay_counts_in_both_directions() {
    let faults = Faults { delay_ms: 30, ..Faults::default() };
    let (mut wire, mut stations) = (Wire::new(9_600, MS, faults), [Parrot::new(1, &[9])]);
    wire.transmit(Duration::ZERO, 9_600, &[1]);
    let arrivals = run(&mut wire, &mut stations);
    assert_eq!(arrivals[0].0, span(9_600, 1) + MS + span(9_600, 2) + span(9_600, 1) + 60 * MS);
}

#[test]
fn another_baud_rate_is_garbage_to_every_station() {
    let (mut wire, mut stations) = (wire(38_400), [Parrot::new(1, &[9])]);
    wire.transmit(Duration::ZERO, 9_600, &[0; 20]);
    wire.advance(span(9_600, 20) - Duration::from_nanos(1), &mut stations, |_| {});
    assert!(wire.deadline().is_some(), "it takes the sender's own time");
    run(&mut wire, &mut stations);
    assert!(stations[0].bytes().iter().all(|byte| *byte != 0));
    assert_eq!(wire.counters().bytes_at_wrong_baud, 20);
}

#[test]
fn a_station_without_power_stops_in_the_middle_of_a_word() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9; 50])]);
    wire.transmit(Duration::ZERO, 9_600, &[1]);
    let mut arrived = 0;
    for _ in 0..4 {
        let (deadline, _) = wire.deadline().unwrap();
        wire.advance(deadline, &mut stations, |arrival| arrived += arrival.bytes.len());
    }
    wire.hush(0);
    assert!(arrived > 0 && arrived < 50 && wire.deadline().is_none(), "{arrived}");
}

#[test]
fn the_transmit_buffer_is_bounded() {
    let mut wire = wire(9_600);
    wire.transmit(Duration::ZERO, 9_600, &[0; TRANSMIT_BUFFER]);
    assert_eq!(wire.room(), 0);
}

#[test]
fn a_station_that_talks_does_not_listen_so_replies_never_pile_up() {
    let (mut wire, mut stations) = (wire(9_600), [Parrot::new(1, &[9; 100])]);
    wire.transmit(Duration::ZERO, 9_600, &[1; 1_000]);
    while let Some((deadline, _)) = wire.deadline() {
        wire.advance(deadline, &mut stations, |_| {});
        assert!(wire.bursts.len() < 16, "{} bursts", wire.bursts.len());
    }
    let heard = stations[0].bytes().len();
    assert!(heard < 200, "{heard} of 1000 bytes were heard between its own");
}

#[test]
fn a_command_overtakes_a_reply_that_has_not_begun() {
    let mut wire = Wire::new(9_600, 50 * MS, Faults::default());
    let mut stations = [Parrot::new(1, &[9])];
    wire.transmit(Duration::ZERO, 9_600, &[1]);
    wire.advance(2 * MS, &mut stations, |_| {});
    wire.transmit(10 * MS, 9_600, &[1]);
    let arrivals = run(&mut wire, &mut stations);
    assert_eq!((joined(&arrivals), wire.counters().panel_frames), (vec![9], 1));
}
