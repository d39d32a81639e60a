//! How fast a line goes: no slower than its wire allows.

use panel_protocol::osdp::cp::line_time;

use super::*;

#[tokio::test]
async fn a_round_trip_takes_little_longer_than_the_line_itself() {
    for baud in [38_400, 115_200] {
        let scene = Scene::begin(baud, &installed(1)).plug_in();
        scene.until_up(0, 1).await;
        for round in 1..=50 {
            scene.ask_info(0);
            scene.teller.until("answered", |story| story.answers.len() == round).await;
        }
        let mut spans: Vec<Duration> =
            scene.teller.story().times.iter().map(|(from, to)| to.unwrap() - *from).collect();
        spans.sort();
        // Command 31 bytes, answer 79, two idle characters before the answer, 1 ms of turn-around.
        let minimum = line_time(31 + 79 + 2, baud) + Duration::from_millis(1);
        let median = spans[25];
        println!("{baud} baud: median {median:?}, p90 {:?}, minimum {minimum:?}", spans[45]);
        assert!(median < minimum * 2, "{baud} baud: {median:?}, minimum {minimum:?}");
        scene.finish().await;
    }
}

#[tokio::test]
async fn the_next_operation_follows_an_answer_after_the_silence_and_little_more() {
    const ROUNDS: usize = 200;
    let scene = Scene::begin(115_200, &installed(1)).plug_in();
    scene.until_up(0, 1).await;
    (0..ROUNDS).for_each(|_| scene.ask_info(0));
    scene.teller.until("answered", |story| story.answers.len() == ROUNDS).await;
    let mut gaps: Vec<Duration> =
        scene.teller.story().times.windows(2).map(|pair| pair[1].0 - pair[0].1.unwrap()).collect();
    gaps.sort();
    let (silence, median) = (line_time(2, 115_200), gaps[ROUNDS / 2]);
    println!("from answer to next operation: median {median:?}, p75 {:?}, silence {silence:?}", gaps[150]);
    // The silence begins when the bytes come, a moment before they are told as an answer.
    assert!(median + Duration::from_micros(20) >= silence, "{median:?}");
    assert!(median < silence + Duration::from_millis(2), "{median:?}");
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demand_without_an_operation_holds_nobody_up() {
    let scene = Scene::begin(115_200, &installed(2)).plug_in();
    scene.teller.story().undecided = Some(0);
    scene.until_up(0, 1).await;
    (0..20).for_each(|_| scene.ask_info(1));
    let begun = Instant::now();
    scene.teller.until("answered", |story| story.answers.len() == 20).await;
    scene.teller.until("asked", |story| story.asked_in_vain > 0).await;
    let most = begun.elapsed().as_millis() / 10 + 100;
    let asked = scene.teller.story().asked_in_vain as u128;
    assert!(asked <= most, "asked {asked} times, {most} at most");
    scene.finish().await;
}
