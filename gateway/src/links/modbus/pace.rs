//! How long a line needs to ask all its boards once, and so whether a button is seen.

use std::time::Duration;

use super::map::RegisterMap;
use super::request::Request;

/// Characters of silence that end a request (Modbus over serial line, 2.5.1.1), in tenths. That after a reply is part of the gap.
const SILENT_CHARACTERS_TENTHS: u64 = 35;

/// A character is a start bit, eight bits and a stop bit.
const BITS_PER_CHARACTER: u64 = 10;

/// A board thinks for so long before it answers.
const THINKING: Duration = Duration::from_millis(3);

/// Address, function and two numbers, with their check.
const REQUEST_LEN: u64 = 8;

/// Address, function, length and check around what was read.
const AROUND_READ: u64 = 5;

/// How long it is from one reading of a board's inputs to the next on a pair of that speed, if all goes well. Beside all
/// inputs there is time for one reading of outputs.
pub fn cycle<'a>(
    boards: impl Iterator<Item = &'a RegisterMap> + Clone,
    baud: u32,
    gap: Duration,
) -> Duration {
    let taken = |request: &Request| exchange(request, baud) + gap;
    let inputs = boards.clone().filter_map(|map| map.inputs).map(|points| taken(&points.read()));
    let outputs = boards.filter_map(|map| map.outputs).map(|outputs| taken(&outputs.points.read()));
    inputs.sum::<Duration>() + outputs.max().unwrap_or_default()
}

fn exchange(request: &Request, baud: u32) -> Duration {
    let read = match request {
        Request::Read { table, count, .. } if table.has_bits() => u64::from(count.div_ceil(8)),
        Request::Read { count, .. } => 2 * u64::from(*count),
        Request::WriteCoil { .. } | Request::WriteRegister { .. } => 3,
    };
    let tenths = (REQUEST_LEN + AROUND_READ + read) * 10 + SILENT_CHARACTERS_TENTHS;
    let micros = tenths * BITS_PER_CHARACTER * 100_000 / u64::from(baud.max(1));
    Duration::from_micros(micros) + THINKING
}

#[cfg(test)]
mod tests {
    use super::super::limits::{REPLY_GAP, SHORTEST_PRESS};
    use super::super::tests::eight_and_eight;
    use super::*;

    #[test]
    fn eight_boards_at_9600_baud_are_asked_in_the_time_of_a_short_press_and_nine_are_not() {
        let map = eight_and_eight();
        let of = |count: usize, baud| cycle(std::iter::repeat_n(&map, count), baud, REPLY_GAP);
        assert!(of(8, 9600) < SHORTEST_PRESS, "{:?}", of(8, 9600));
        assert!(of(9, 9600) > SHORTEST_PRESS, "{:?}", of(9, 9600));
        assert!(of(12, 38_400) < SHORTEST_PRESS, "{:?}", of(12, 38_400));
    }
}
