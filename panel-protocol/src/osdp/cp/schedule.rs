//! Who has the line next.
//!
//! Urgent commands first, in turn among the PDs that have one. Then what is due: polls, repetitions, steps of a
//! bring-up, the longest overdue first. Bulk last. Three rules keep this from starving anyone: after a run of urgent
//! frames one due frame goes through; while both wait, bulk gets as much line time as what is due; and PDs that don't
//! answer, each of which costs a time-out, get a part of it: a quarter while others are overdue when they are looked for,
//! a tenth of the time at most once they are known to be away. One that answers stays in its place when a frame is lost.

use core::time::Duration;

use crate::time::Micros;

/// Urgent frames in a row after which one overdue frame goes through: polling a slow line costs a revocation to
/// all its PDs a tenth or so, and a reader is polled even if urgent commands never end.
const URGENT_RUN: u8 = 5;

/// Line time that goes to PDs that answer, while one of them is overdue, for each that one that is looked for has cost.
const SILENCE_PRICE: i64 = 3;

/// Time for which no PD that is away is looked for, while any PD answers, for each that the last one has cost: however
/// many are away, polls and urgent commands of the others are a tenth slower.
const ABSENCE_PRICE: u32 = 9;

/// Whether a PD answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Standing {
    /// It does, or has only just left a frame without an answer.
    #[default]
    Answers,
    /// It is looked for, or has left several frames in a row without an answer.
    Doubtful,
    /// It has been looked for in vain.
    Away,
}

/// What one PD wants of the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Wants {
    /// When its next poll, repetition or bring-up step is due; `None`: nothing is.
    pub due: Option<Micros>,
    /// Whether what is due to it may be in vain.
    pub standing: Standing,
    /// An urgent command may be sent, or repeated, now.
    pub urgent: bool,
    /// A bulk command may be sent now.
    pub bulk: bool,
    /// When to look again, though nothing is due then.
    pub later: Option<Micros>,
}

/// What one frame has cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub span: Duration,
    /// Its PD's standing when it was sent.
    pub standing: Standing,
    /// Whether the other of due and bulk waited meanwhile.
    pub rival_waited: bool,
    /// Whether a reply came.
    pub answered: bool,
}

/// Who has the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    /// This PD, for an urgent command.
    Urgent(usize),
    /// This PD, for what is due.
    Due(usize),
    /// This PD, for a bulk command.
    Bulk(usize),
    /// Nobody until then; `None`: until something changes.
    Nobody(Option<Micros>),
}

/// The memory that fairness needs.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Urgent frames since the last other one.
    urgent_run: u8,
    /// Where the search for the next urgent PD begins.
    urgent_from: usize,
    /// Where the search for the next bulk PD begins.
    bulk_from: usize,
    /// Line time given to due frames less that given to bulk, in microseconds, while both waited.
    balance_us: i64,
    /// Line time that PDs that answer are to have before a doubtful one, in microseconds.
    silence_debt_us: i64,
    /// When a PD that is away may be looked for again, if another answers.
    away_from: Micros,
}

impl Schedule {
    /// Chooses among PDs by what each wants now.
    pub(super) fn choose(&self, now: Micros, wants: &[Wants]) -> Choice {
        let overdue = self.overdue(now, wants);
        let urgent = next_from(self.urgent_from, wants, |w| w.urgent);
        let bulk = next_from(self.bulk_from, wants, |w| w.bulk);
        match (urgent, overdue, bulk) {
            (Some(_), Some(due), _) if self.urgent_run >= URGENT_RUN => Choice::Due(due),
            (Some(pd), _, _) => Choice::Urgent(pd),
            (None, Some(_), Some(pd)) if self.balance_us > 0 => Choice::Bulk(pd),
            (None, Some(pd), _) => Choice::Due(pd),
            (None, None, Some(pd)) => Choice::Bulk(pd),
            (None, None, None) => {
                let due = wants.iter().map(|w| w.due.map(|at| self.not_before(wants, w.standing, at)));
                Choice::Nobody(due.chain(wants.iter().map(|w| w.later)).flatten().min())
            }
        }
    }

    /// The PD that is longest overdue; one that answers, while the others have had their part.
    fn overdue(&self, now: Micros, wants: &[Wants]) -> Option<usize> {
        let earliest =
            |standing| earliest_due(wants, |w| w.standing == standing).filter(|(at, _)| *at <= now);
        let answers = earliest(Standing::Answers);
        let away =
            earliest(Standing::Away).filter(|(at, _)| self.not_before(wants, Standing::Away, *at) <= now);
        let others = [earliest(Standing::Doubtful), away].into_iter().flatten();
        let first = match answers {
            Some(first) if self.silence_debt_us > 0 => Some(first),
            answers => answers.into_iter().chain(others).min(),
        };
        first.map(|(_, pd)| pd)
    }

    /// When what is due at `at` may go.
    fn not_before(&self, wants: &[Wants], standing: Standing, at: Micros) -> Micros {
        let anyone_answers = wants.iter().any(|w| w.standing == Standing::Answers);
        if standing == Standing::Away && anyone_answers { at.max(self.away_from) } else { at }
    }

    /// Notes how a frame's use of the line ended at `now`. An urgent command without a reply lets others go before it is
    /// repeated.
    pub(super) fn used(&mut self, now: Micros, choice: Choice, use_of_line: Use) {
        let Use { span, standing, rival_waited, answered } = use_of_line;
        let span_us = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let balance_us = if rival_waited { self.balance_us } else { 0 };
        match standing {
            _ if answered => self.silence_debt_us = self.silence_debt_us.saturating_sub(span_us).max(0),
            Standing::Answers => {}
            Standing::Doubtful => self.silence_debt_us = span_us.saturating_mul(SILENCE_PRICE),
            Standing::Away => self.away_from = now + span.saturating_mul(ABSENCE_PRICE),
        }
        match choice {
            Choice::Urgent(pd) => {
                self.urgent_run = if answered { self.urgent_run.saturating_add(1) } else { URGENT_RUN };
                self.urgent_from = pd + 1;
                return;
            }
            Choice::Due(_) => self.balance_us = balance_us.saturating_add(span_us),
            Choice::Bulk(pd) => {
                self.balance_us = balance_us.saturating_sub(span_us);
                self.bulk_from = pd + 1;
            }
            Choice::Nobody(_) => return,
        }
        self.urgent_run = 0;
    }
}

/// The PD among `which` whose due time is earliest; the lower index wins a tie.
fn earliest_due(wants: &[Wants], which: impl Fn(&Wants) -> bool) -> Option<(Micros, usize)> {
    let among = wants.iter().enumerate().filter(|(_, w)| which(w));
    among.filter_map(|(pd, w)| w.due.map(|at| (at, pd))).min()
}

/// The first PD at or after `from`, going round, that `is_ready`.
fn next_from(from: usize, wants: &[Wants], is_ready: impl Fn(&Wants) -> bool) -> Option<usize> {
    let count = wants.len().max(1);
    (0..wants.len()).map(|step| (from + step) % count).find(|pd| is_ready(&wants[*pd]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_000_000);

    fn due(at: u64) -> Wants {
        Wants { due: Some(Micros(at)), ..Wants::default() }
    }

    /// Lets `rounds` frames of equal length go and counts how many each choice got.
    fn shares(wants: &[Wants], rounds: usize, span: impl Fn(Choice) -> u64) -> (u64, u64, u64) {
        let (mut urgent, mut polls, mut bulk) = (0, 0, 0);
        let mut schedule = Schedule::default();
        for _ in 0..rounds {
            let choice = schedule.choose(NOW, wants);
            let used = span(choice);
            match choice {
                Choice::Urgent(_) => urgent += used,
                Choice::Due(_) => polls += used,
                Choice::Bulk(_) => bulk += used,
                Choice::Nobody(_) => {}
            }
            schedule.used(NOW, choice, Use { rival_waited: true, ..answered(Duration::from_micros(used)) });
        }
        (urgent, polls, bulk)
    }

    fn answered(span: Duration) -> Use {
        Use { span, standing: Standing::Answers, rival_waited: false, answered: true }
    }

    fn silent(span: Duration, standing: Standing) -> Use {
        Use { standing, answered: false, ..answered(span) }
    }

    #[test]
    fn urgent_goes_before_what_is_overdue_and_before_bulk() {
        let wants = [due(1), Wants { bulk: true, ..due(2) }, Wants { urgent: true, ..due(3) }];
        assert_eq!(Schedule::default().choose(NOW, &wants), Choice::Urgent(2));
    }

    #[test]
    fn urgent_pds_take_turns() {
        let wants = [Wants { urgent: true, ..Wants::default() }; 3];
        let mut schedule = Schedule::default();
        for expected in [0, 1, 2, 0, 1, 2, 0] {
            let choice = schedule.choose(NOW, &wants);
            assert_eq!(choice, Choice::Urgent(expected));
            schedule.used(NOW, choice, answered(Duration::from_millis(1)));
        }
    }

    #[test]
    fn endless_urgent_demand_leaves_every_sixth_frame_to_what_is_due() {
        let wants = [Wants { urgent: true, ..Wants::default() }, due(1)];
        assert_eq!(shares(&wants, 600, |_| 1), (500, 100, 0));
    }

    #[test]
    fn an_urgent_command_without_a_reply_lets_one_due_frame_go_first() {
        let wants = [Wants { urgent: true, ..Wants::default() }, due(1)];
        let mut schedule = Schedule::default();
        schedule.used(NOW, Choice::Urgent(0), silent(Duration::from_millis(200), Standing::Answers));
        assert_eq!(schedule.choose(NOW, &wants), Choice::Due(1));
        schedule.used(NOW, Choice::Due(1), answered(Duration::from_millis(1)));
        assert_eq!(schedule.choose(NOW, &wants), Choice::Urgent(0));
    }

    #[test]
    fn the_longest_overdue_goes_first() {
        assert_eq!(Schedule::default().choose(NOW, &[due(7), due(5), due(6)]), Choice::Due(1));
    }

    /// Line time of the PD that answers and of two that don't, all overdue.
    fn time_beside(standing: Standing) -> (u64, u64) {
        let doubtful = Wants { standing, ..due(1) };
        let wants = [due(2), doubtful, doubtful];
        let mut schedule = Schedule::default();
        let (mut now, mut heard, mut in_vain) = (NOW, 0, 0);
        for _ in 0..10_000 {
            let choice = schedule.choose(now, &wants);
            let answers = choice == Choice::Due(0);
            let span_us = if answers { 3_000 } else { 200_000 };
            *if answers { &mut heard } else { &mut in_vain } += span_us;
            let span = Duration::from_micros(span_us);
            now = now + span;
            schedule.used(now, choice, if answers { answered(span) } else { silent(span, standing) });
        }
        assert_eq!(schedule.choose(now, &wants[1..]), Choice::Due(0), "with nobody else, a silent one goes");
        (heard, in_vain)
    }

    #[test]
    fn pds_that_are_looked_for_get_a_quarter_of_the_line_while_others_are_overdue() {
        let (heard, silent) = time_beside(Standing::Doubtful);
        assert!((28..=34).contains(&(heard * 10 / silent)), "{heard} to {silent}");
    }

    #[test]
    fn pds_that_are_away_get_a_tenth_of_the_time_while_another_answers() {
        let (heard, in_vain) = time_beside(Standing::Away);
        assert!((85..=95).contains(&(heard * 10 / in_vain)), "{heard} to {in_vain}");
        let mut schedule = Schedule::default();
        let span = Duration::from_millis(200);
        schedule.used(NOW, Choice::Due(1), silent(span, Standing::Away));
        let wants = [due(NOW.0 + 5_000_000), Wants { standing: Standing::Away, ..due(1) }];
        assert_eq!(
            schedule.choose(NOW, &wants),
            Choice::Nobody(Some(NOW + 9 * span)),
            "though the line is free"
        );
    }

    #[test]
    fn a_pd_that_answers_keeps_its_place_when_a_frame_is_lost() {
        let wants = [due(1), due(2)];
        let mut schedule = Schedule::default();
        schedule.used(NOW, Choice::Due(0), silent(Duration::from_millis(200), Standing::Answers));
        assert_eq!(schedule.choose(NOW, &wants), Choice::Due(0));
    }

    #[test]
    fn endless_polls_and_bulk_share_the_line_time() {
        let wants = [Wants { bulk: true, ..due(1) }];
        let span = |choice| if matches!(choice, Choice::Bulk(_)) { 100 } else { 7 };
        let (_, polls, bulk) = shares(&wants, 10_000, span);
        assert!(polls.abs_diff(bulk) <= 100, "polls {polls}, bulk {bulk}");
    }

    #[test]
    fn bulk_fills_the_line_while_nothing_is_due() {
        let wants = [due(NOW.0 + 1), Wants { bulk: true, ..due(NOW.0 + 1) }];
        assert_eq!(Schedule::default().choose(NOW, &wants), Choice::Bulk(1));
    }

    #[test]
    fn what_can_be_sent_later_is_waited_for_and_not_due() {
        let wants = [due(NOW.0 + 9), Wants { later: Some(Micros(NOW.0 + 4)), ..Wants::default() }];
        assert_eq!(Schedule::default().choose(NOW, &wants), Choice::Nobody(Some(Micros(NOW.0 + 4))));
    }

    #[test]
    fn nobody_means_wait_for_the_first_due_time() {
        assert_eq!(
            Schedule::default().choose(NOW, &[due(NOW.0 + 9)]),
            Choice::Nobody(Some(Micros(NOW.0 + 9)))
        );
        assert_eq!(Schedule::default().choose(NOW, &[]), Choice::Nobody(None));
    }
}
